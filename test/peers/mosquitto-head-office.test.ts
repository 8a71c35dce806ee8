import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import { makeVoucherKeys, openVoucherKey, signVoucher } from '../../src/signed-voucher.ts'
import { Sightings } from '../../src/simulators/sightings.ts'
import { type ReceivedBatch, readBatch } from '../cloud/read-batch.ts'
import { relayedMessage } from '../cloud/relay-message.ts'
import { openSite } from '../flows/site.ts'
import { noMosquitto, startMosquitto } from './mosquitto.ts'

const KEY = 'the relay key of the test site, long enough'
const PREFIX = 'mlango/v1/test-site'
const keys = makeVoucherKeys()

/** Head office: hears what the site records, and says what became of it. */
async function openHeadOffice(t: TestContext, port: number) {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5, reconnectPeriod: 0 })
  t.after(() => client.endAsync(true))
  const heard = new Sightings<ReceivedBatch['events'][number]>('events')
  client.on('message', (_topic, payload) => {
    for (const event of readBatch(payload).events) heard.add(event)
  })
  await client.subscribeAsync(`${PREFIX}/events`, { qos: 1 })
  let messages = 0
  return {
    whenHeard: (type: string, matches: (data: Record<string, unknown>) => boolean = () => true) =>
      heard.when((seen) => seen.find((event) => event.type === type && matches(event.data)), 30_000),
    async say(topic: string, token: string, said: object, key = KEY) {
      messages += 1
      const message = relayedMessage(key, { id: `office-${messages}`, token, body: JSON.stringify(said) })
      await client.publishAsync(`${PREFIX}/${topic}`, JSON.stringify(message), { qos: 1 })
    },
  }
}

describe('head office behind mosquitto', { skip: noMosquitto }, () => {
  it('does the refund it is told of, says so while the site has no power, and ends a voucher that was used twice', async (t) => {
    const broker = await startMosquitto(t)
    const office = await openHeadOffice(t, broker.port)
    const site = await openSite({
      environment: {
        MLANGO_CLOUD_URL: `mqtt://127.0.0.1:${broker.port}`,
        MLANGO_CLOUD_RELAY_KEY: KEY,
        MLANGO_SITE_VOUCHER_KEY: keys.publicKey,
      },
    })
    t.after(() => site.close())
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    await site.whenView(purchase, ({ status }) => status === 'fulfilled')
    const asked = await site.call('POST', `/api/payments/${purchase.paymentId}/refund`, { reason: 'no internet' })
    assert.equal(asked.body.state, 'sent')

    const filed = await office.whenHeard('payment.refund_filed')
    const refundId = String(filed.data.refund_id)
    assert.equal(filed.data.receipt, site.mpesa.paymentsOf(phone.phoneNumber)[0]?.receipt)
    assert.equal(filed.data.amount_cents, 1000)

    const done = { result: 'done', reference: 'SKL1X' }
    await office.say('mpesa/refund', refundId, { result: 'failed', reason: 'forged' }, 'the key of another site, long')
    await office.say('mpesa/refund', refundId, { result: 'lost' })
    await site.whenView(purchase, ({ status }) => status === 'refund_uncertain')
    await site.kill()
    await office.say('mpesa/refund', refundId, done)
    await site.start()
    await site.whenView(purchase, ({ status }) => status === 'refunded')
    await office.whenHeard('payment.refunded', (data) => data.refund_id === refundId)
    const refund = (await site.call('GET', '/api/refunds')).body.items[0]
    assert.deepEqual([refund.state, refund.reference, refund.detail], ['done', 'SKL1X', null])
    const audit = (await site.call('GET', '/api/audit')).body.items as { actor: string; action: string }[]
    assert.equal(audit.filter(({ actor, action }) => actor === 'cloud' && action === 'refund.result').length, 2)

    const signed = { id: 'a-signed-one', packageName: '1 hour', siteId: null, expiresAtMs: null }
    const code = signVoucher(signed, openVoucherKey(keys.privateKey))
    const guest = site.join()
    const redeem = { code, mac_address: guest.macAddress }
    assert.equal((await site.call('POST', '/api/vouchers/redeem', redeem, null)).status, 200)
    await site.router.whenOnline(guest.macAddress)
    const redeemed = await office.whenHeard('voucher.redeemed')
    assert.equal(redeemed.data.signed_id, signed.id)
    await office.say('vouchers/ban', signed.id, { reason: 'used-elsewhere', site: 'site-2', access: 'end' })
    await site.router.whenOffline(guest.macAddress)
    await office.whenHeard('access.ended', (data) => data.source_id === `signed:${signed.id}`)
    const other = { code, mac_address: site.join().macAddress }
    assert.equal((await site.call('POST', '/api/vouchers/redeem', other, null)).status, 409)
  })
})
