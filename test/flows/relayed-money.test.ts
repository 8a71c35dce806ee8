import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openReader, sql } from '../../src/store/database.ts'
import { startPublicRelay } from './public-relay.ts'
import { openSite, type Site } from './site.ts'

const KEY = 'the relay key of the test site, long enough'

describe('a site that M-PESA cannot reach', () => {
  let site: Site
  let relay: Awaited<ReturnType<typeof startPublicRelay>>
  before(async () => {
    relay = await startPublicRelay('test-site', KEY)
    site = await openSite({
      environment: {
        MLANGO_MPESA_CALLBACK_BASE_URL: relay.url,
        MLANGO_MPESA_QUERY_INTERVAL_MS: '600000',
        MLANGO_CLOUD_RELAY_KEY: KEY,
      },
    })
    relay.speaksTo(site.broker)
    await site.broker.whenMessage(({ topic }) => topic.endsWith('/status'))
  })
  after(async () => {
    await site.close()
    relay.close()
  })

  const relayed = async (): Promise<Record<string, number>> => {
    const { body } = await site.call('GET', '/metrics')
    const rows = (body as string).matchAll(/mlango_mpesa_relayed_total\{outcome="(\w+)"\} (\d+)/g)
    return Object.fromEntries([...rows].map(([, outcome, count]) => [outcome, Number(count)]))
  }
  const stored = (table: 'callback_inbox' | 'money_inbox'): number => {
    const db = openReader(join(site.dataDir, 'mlango.db'))
    try {
      return sql(db, `SELECT count(*) FROM ${table}`).pluck().get() as number
    } finally {
      db.close()
    }
  }
  const isAcked = (id: string) => (message: { payload: Buffer }) => message.payload.includes(`"${id}"`)

  it('hears of the payment by way of the cloud, and the customer is online', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    await site.whenView(purchase, ({ status }) => status === 'fulfilled')
    await site.broker.whenAcknowledged(isAcked('relay-1'))
    assert.equal(stored('callback_inbox'), 1)
    assert.equal(site.mpesa.queries.length, 0)
  })

  it('hears it once, however often the relay says it', async () => {
    const push = site.mpesa.pushes[0]
    assert.ok(push)
    const before = await relayed()
    await site.mpesa.resendCallback(push.checkoutRequestId)
    await site.broker.whenAcknowledged(isAcked('relay-2'))
    assert.equal(stored('callback_inbox'), 1)
    assert.equal((await relayed()).stored, (before.stored ?? 0) + 1)
    const grants = (await site.call('GET', '/api/grants')).body.items
    assert.equal(grants.length, 1)
  })

  it('gets what was paid while it had no power', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.whenView(purchase, ({ status }) => status === 'prompted')
    await site.kill()
    await site.mpesa.releaseLate()
    await site.start()
    await site.whenView(purchase, ({ status }) => status === 'fulfilled')
    await site.router.whenOnline(phone.macAddress)
  })

  it('believes nobody who has not the key, and is not bothered twice', async () => {
    const phone = site.join()
    site.mpesa.scenario(phone.phoneNumber, 'late')
    const purchase = await site.buy(phone)
    await site.whenView(purchase, ({ status }) => status === 'prompted')
    const push = site.mpesa.pushes.at(-1)
    assert.ok(push)
    const token = push.callbackUrl.split('/').at(-1) ?? ''
    const ids = { MerchantRequestID: push.merchantRequestId, CheckoutRequestID: push.checkoutRequestId }
    const body = JSON.stringify({ Body: { stkCallback: { ...ids, ResultCode: 0, ResultDesc: 'paid' } } })
    const inbox = stored('callback_inbox')
    const before = await relayed()
    const forged = await relay.publish('callback', token, body, 'the key of another site, long enough')
    const unknown = await relay.publish('callback', 'a-token-of-no-push-of-ours-at-all', body)
    await site.broker.whenAcknowledged(isAcked(forged))
    await site.broker.whenAcknowledged(isAcked(unknown))
    assert.deepEqual(await relayed(), {
      ...before,
      bad_signature: (before.bad_signature ?? 0) + 1,
      unknown_token: (before.unknown_token ?? 0) + 1,
    })
    assert.equal(stored('callback_inbox'), inbox)
    assert.equal((await site.view(purchase)).status, 'prompted')
    assert.ok(!JSON.stringify(site.daemon.log).includes(token))
  })

  it('hears of money that came by hand, and only with the site’s own secret', async () => {
    assert.equal((await site.call('POST', '/api/mpesa/c2b/register')).status, 202)
    await site.mpesa.whenC2bRegistered()
    const phone = site.join()
    const { receipt } = await site.mpesa.payByHand({ phoneNumber: phone.phoneNumber, amount: 10, reference: 'wifi' })
    await site.broker.whenAcknowledged(({ topic }) => topic.endsWith('/mpesa/c2b'))
    assert.equal(stored('money_inbox'), 1)
    const claim = { receipt, mac_address: phone.macAddress }
    assert.equal((await site.call('POST', '/api/payments/claim', claim, null)).status, 200)
    await site.router.whenOnline(phone.macAddress)
    const guessed = await relay.publish('c2b', 'x'.repeat(32), '{"TransID":"ABC"}')
    await site.broker.whenAcknowledged(isAcked(guessed))
    assert.equal(stored('money_inbox'), 1)
  })
})
