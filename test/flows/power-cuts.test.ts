import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { onDisk, onlineOnce } from './online-once.ts'
import { openSite, type Purchase, type Site } from './site.ts'

/** Kills the daemon when the step has come, and brings it back as a box that gets power again. */
type Step = (site: Site) => Promise<Purchase>

const steps: Record<string, Step> = {
  'after the request was answered, before M-PESA is called': async (site) => {
    // Two slow customers hold all workers that M-PESA has, so that the third one's job is on the disk and nowhere else.
    for (const held of [1, 2]) {
      const slow = site.join()
      site.mpesa.scenario(slow.phoneNumber, 'slow-push')
      await site.buy(slow)
      await site.mpesa.whenPushed(held)
    }
    const purchase = await site.buy(site.join())
    await site.kill()
    const ofPurchase = "name = 'initiate-stk-push' AND payload LIKE '%' || ? || '%'"
    assert.deepEqual(onDisk(site, `SELECT state, attempt, rescues FROM jobs WHERE ${ofPurchase}`, purchase.paymentId), [
      { state: 'ready', attempt: 0, rescues: 0 },
    ])
    assert.deepEqual(onDisk(site, 'SELECT state FROM payments WHERE id = ?', purchase.paymentId), [
      { state: 'CREATED' },
    ])
    await site.start()
    await onlineOnce(site, purchase)
    const pushed = site.mpesa.pushes.filter(({ phoneNumber }) => phoneNumber === purchase.phoneNumber)
    assert.equal(pushed.length, 1, 'pushed once')
    return purchase
  },
  'while M-PESA holds the push': async (site) => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'slow-push')
    const purchase = await site.buy(phone)
    await site.mpesa.whenPushed()
    await site.kill()
    await site.start()
    site.mpesa.releaseSlow()
    return purchase
  },
  'while the customer types the PIN': async (site) => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.whenView(purchase, ({ status }) => status === 'prompted')
    await site.kill()
    await site.start()
    await site.mpesa.releaseLate()
    return purchase
  },
  'while the callback finds nobody': async (site) => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.whenView(purchase, ({ status }) => status === 'prompted')
    await site.kill()
    await site.mpesa.releaseLate()
    // Long enough for M-PESA to be asked as soon as there is power again.
    await site.start({ withoutPowerMs: 15_000 })
    return purchase
  },
  'as soon as the callback was answered': async (site) => {
    const purchase = await site.buy(site.join())
    await site.mpesa.whenCallbackAnswered()
    await site.kill()
    await site.start()
    return purchase
  },
  'while the router is asked to log the phone in': async (site) => {
    site.router.faults.apiSilent = true
    const purchase = await site.buy(site.join())
    await site.whenView(purchase, ({ access }) => access !== null)
    await site.kill()
    site.router.faults.apiSilent = false
    await site.start()
    return purchase
  },
  'as soon as the phone is online': async (site) => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    await site.kill()
    await site.start()
    return purchase
  },
}

describe('the power goes', { concurrency: 3 }, () => {
  for (const [name, step] of Object.entries(steps)) {
    it(name, { timeout: 120_000 }, async () => {
      const site = await openSite()
      try {
        const purchase = await step(site)
        await onlineOnce(site, purchase)
      } finally {
        await site.close()
      }
    })
  }

  it('as soon as a crowd of callbacks was answered', { timeout: 240_000 }, async () => {
    const site = await openSite()
    try {
      const phones = Array.from({ length: 50 }, () => site.join())
      for (const { phoneNumber } of phones) site.mpesa.scenario(phoneNumber, 'late')
      const purchases: Purchase[] = []
      for (const phone of phones) purchases.push(await site.buy(phone))
      for (const purchase of purchases) await site.whenView(purchase, ({ status }) => status === 'prompted')
      await site.mpesa.releaseLate()
      await site.kill()
      await site.start()
      for (const purchase of purchases) await onlineOnce(site, purchase)
      // A status query may have been first.
      const unweighed = "SELECT outcome FROM callback_inbox WHERE outcome NOT IN ('paid', 'no-change')"
      assert.deepEqual(onDisk(site, unweighed), [])
    } finally {
      await site.close()
    }
  })

  it('while the SMS gateway has the message: it is not sent again', { timeout: 120_000 }, async () => {
    const site = await openSite()
    try {
      const purchase = await site.buy(site.join())
      await site.sms.whenSent()
      await site.kill()
      await site.start()
      await onlineOnce(site, purchase)
      assert.equal(site.sms.messages.length, 1)
    } finally {
      await site.close()
    }
  })

  const facts = [
    'payment.requested',
    'payment.prompted',
    'payment.completed',
    'access.granted',
    'hotspot_user.created',
    'access.online',
    'session.started',
    'credentials.sent',
  ]
  for (const fact of facts) {
    it(`right after the commit of ${fact}`, { timeout: 180_000 }, async () => {
      const site = await openSite()
      try {
        const events = await site.events()
        const phone = site.join()
        // A fast customer's callback may come before the push's answer, and then nothing is only prompted.
        const late = fact === 'payment.prompted'
        if (late) site.mpesa.scenario(phone.phoneNumber, 'late')
        const purchase = await site.buy(phone)
        await events.when(({ type }) => type === fact)
        await site.kill()
        events.close()
        await site.start()
        if (late) await site.mpesa.releaseLate()
        // A push that was cut off before it left is never sent again; the customer was not charged and may ask anew.
        const charged = await Promise.race([
          site.mpesa.whenPaid(1, 30_000).then(() => true),
          site
            .whenView(purchase, ({ status }) => status === 'uncertain', 30_000)
            .then(() => site.mpesa.pushes.length > 0),
        ])
        if (charged) await onlineOnce(site, purchase)
        else assert.equal(site.mpesa.moneyTaken().count, 0)
      } finally {
        await site.close()
      }
    })
  }
})
