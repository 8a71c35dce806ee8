import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Scenario } from '../../src/simulators/mpesa-scenarios.ts'
import { openSite, type Purchase, type Site } from './site.ts'

describe('what M-PESA says, and how', () => {
  let site: Site
  let neverCalledBack: Purchase
  before(async () => {
    site = await openSite()
    // It takes a while until M-PESA is asked; meanwhile the others have their say.
    neverCalledBack = await play('lost-callback')
  })
  after(() => site.close())

  async function play(scenario: Scenario): Promise<Purchase> {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, scenario)
    return site.buy(phone)
  }

  async function history(purchase: Purchase): Promise<string[]> {
    const { body } = await site.call('GET', `/api/payments/${purchase.paymentId}/history`)
    return body.items
      .filter((row: { from: string; to: string }) => row.from !== row.to)
      .map((row: { event: string; to: string }) => `${row.event}>${row.to}`)
  }

  const onceOnline = async (purchase: Purchase, timeoutMs?: number) => {
    await site.router.whenOnline(purchase.macAddress, timeoutMs)
    await site.whenView(purchase, ({ status }) => status === 'fulfilled', timeoutMs)
    const logins = site.router.logins.filter(
      ({ macAddress, outcome }) => macAddress === purchase.macAddress && outcome === 'online',
    )
    assert.equal(logins.length, 1)
    assert.equal(site.mpesa.moneyTaken(purchase.phoneNumber).count, 1)
  }

  it('twice is once', async () => {
    const purchase = await play('twice')
    await onceOnline(purchase)
    const seen = await history(purchase)
    assert.equal(seen.filter((step) => step === 'money>paid').length, 1)
  })

  it('the callback may come before the answer to the push', async () => {
    await onceOnline(await play('before-response'))
  })

  it('the answer to the push may never come', async () => {
    const purchase = await play('lost-response')
    await onceOnline(purchase)
    assert.equal(site.mpesa.pushes.filter(({ phoneNumber }) => phoneNumber === purchase.phoneNumber).length, 1)
  })

  it('a failure after a success changes nothing', async () => {
    const purchase = await play('failure-after-success')
    await onceOnline(purchase)
    const push = site.mpesa.pushes.find(({ phoneNumber }) => phoneNumber === purchase.phoneNumber)
    assert.ok(push)
    await site.mpesa.deliver(push.checkoutRequestId, { resultCode: 1032 })
    assert.equal((await site.view(purchase)).status, 'fulfilled')
  })

  it('another amount is kept for a person to decide, and opens nothing', async () => {
    const purchase = await play('wrong-amount')
    await site.whenView(purchase, ({ status }) => status === 'review')
    assert.equal((await site.view(purchase)).access, null)
    assert.equal(site.router.isOnline(purchase.macAddress), false)
  })

  it('a success without a receipt is not believed on its own', async () => {
    const purchase = await play('no-receipt')
    await site.whenView(purchase, ({ status }) => status === 'review')
    assert.equal((await site.view(purchase)).access, null)
  })

  const failures: [Scenario, string, string][] = [
    ['cancelled', 'declined', 'cancelled'],
    ['no-answer', 'declined', 'no-reply'],
    ['wrong-pin', 'declined', 'wrong-pin'],
    ['low-balance', 'declined', 'low-balance'],
    ['busy', 'rejected', 'busy'],
  ]
  for (const [scenario, status, code] of failures) {
    it(`${scenario}: ${status}, and says why`, async () => {
      const purchase = await play(scenario)
      const view = await site.whenView(purchase, (now) => now.status === status)
      assert.equal(view.failure?.code, code)
      assert.ok(view.failure.message.length > 10)
      assert.equal(site.mpesa.moneyTaken(purchase.phoneNumber).count, 0)
    })
  }

  it('a gateway that answers with an error page may have prompted the phone: nobody is told that no money was taken', async () => {
    const purchase = await play('html-503')
    const view = await site.whenView(purchase, ({ status }) => status !== 'created' && status !== 'submitting')
    assert.ok(view.status === 'uncertain' || view.failure?.code === 'mpesa-down', view.status)
  })

  it('a slow push keeps nobody waiting but itself', async () => {
    const slow = await play('slow-push')
    await site.mpesa.whenPushed()
    await onceOnline(await play('success'))
    assert.equal((await site.view(slow)).status, 'submitting')
    site.mpesa.releaseSlow()
    await onceOnline(slow)
  })

  it('a forged callback stores nothing', async () => {
    const purchase = await play('late')
    await site.whenView(purchase, ({ status }) => status === 'prompted')
    const push = site.mpesa.pushes.find(({ phoneNumber }) => phoneNumber === purchase.phoneNumber)
    const body = {
      Body: {
        stkCallback: {
          MerchantRequestID: push?.merchantRequestId,
          CheckoutRequestID: push?.checkoutRequestId,
          ResultCode: 0,
          ResultDesc: 'ok',
          CallbackMetadata: {
            Item: [
              { Name: 'Amount', Value: 10 },
              { Name: 'MpesaReceiptNumber', Value: 'FAKE000000' },
            ],
          },
        },
      },
    }
    const answer = await site.call('POST', '/api/mpesa/callback/not-the-token', body, null)
    assert.equal(answer.status, 404)
    assert.equal((await site.view(purchase)).status, 'prompted')
    const metrics = await site.call('GET', '/metrics')
    assert.match(metrics.body, /mlango_mpesa_callbacks_total\{outcome="unknown_token"\} 1/)
    await site.mpesa.releaseLate()
    await onceOnline(purchase)
  })

  it('the callback may never come: M-PESA is asked', { timeout: 60_000 }, async () => {
    await onceOnline(neverCalledBack, 40_000)
  })
})
