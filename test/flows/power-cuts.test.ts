import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openSite, type Purchase, type Site } from './site.ts'

/** The customer's outcome that every test here asks for. */
async function onlineOnce(site: Site, purchase: Purchase): Promise<void> {
  await site.router.whenOnline(purchase.macAddress, 60_000)
  await site.whenView(purchase, ({ access }) => access?.online === true, 60_000)
  const { macAddress, phoneNumber } = purchase
  const logins = site.router.logins.filter((login) => login.macAddress === macAddress && login.outcome === 'online')
  assert.equal(logins.length, 1, 'online exactly once')
  assert.deepEqual(site.mpesa.moneyTaken(phoneNumber), { shillings: 10, count: 1 }, 'charged once')
  const grants = await site.call('GET', '/api/grants')
  assert.equal(
    grants.body.items.filter((grant: { source_id: string }) => grant.source_id === purchase.paymentId).length,
    1,
  )
  assert.ok(site.sms.messages.filter(({ to }) => to === `+${phoneNumber}`).length <= 1, 'one SMS at most')
}

const oneMessage = async (site: Site, { phoneNumber }: Purchase) => {
  await site.sms.whenSent(1, 60_000)
  assert.equal(site.sms.messages.filter(({ to }) => to === `+${phoneNumber}`).length, 1, 'one SMS')
}

/** Kills the daemon when the step has come, and brings it back as a box that gets power again. */
type Step = (site: Site) => Promise<Purchase>

const steps: Record<string, Step> = {
  'after the request was answered, before M-PESA is called': async (site) => {
    site.mpesa.down = true
    const purchase = await site.buy(site.join())
    // M-PESA never heard of it: the customer sees a refusal and asks again, with the same wish.
    await site.whenView(purchase, ({ status }) => status === 'rejected' || status === 'uncertain')
    await site.kill()
    site.mpesa.down = false
    await site.start()
    return site.buy({ macAddress: purchase.macAddress, phoneNumber: `2541${purchase.phoneNumber.slice(4)}` })
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
    await site.start()
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

  it('while the SMS gateway has the message: it is not sent again', { timeout: 120_000 }, async () => {
    const site = await openSite()
    try {
      const purchase = await site.buy(site.join())
      await site.sms.whenSent()
      await site.kill()
      await site.start()
      await onlineOnce(site, purchase)
      await oneMessage(site, purchase)
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
