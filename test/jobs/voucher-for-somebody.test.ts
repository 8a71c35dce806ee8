import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { revokeGrant } from '../../src/access/end-grant.ts'
import { noteUserCreated } from '../../src/access/grant-progress.ts'
import { recordDelivery } from '../../src/access/messages.ts'
import { voucherBoughtWith } from '../../src/billing/payment-purpose.ts'
import { recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { approvePayment } from '../../src/billing/review.ts'
import { redeemVoucher } from '../../src/billing/vouchers.ts'
import type { Config } from '../../src/config.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { openSmsProvider } from '../../src/sms/sms-provider.ts'
import type { Store } from '../../src/store/client.ts'
import { openStay } from '../access/stay.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from './run-job.ts'

const FRIEND = '254733123456'

async function setup(t: TestContext) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const gateway = await startSmsSimulator({ username: 'wifi', apiKey: 'the-key' })
  t.after(() => gateway.stop())
  const settings = { provider: 'africastalking', base_url: gateway.url, username: 'wifi', api_key: 'the-key' }
  const sms = openSmsProvider(settings as Config['sms'])
  const packageId = rooms.addPackage({ name: '1 hour' })
  const purchase = openPurchase(rooms, { packageId, purpose: { voucherPhoneNumber: FRIEND } }).prompted()
  purchase.paid()
  const process = () => runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
  await process()
  const code = voucherBoughtWith(rooms.db, purchase.paymentId)?.code
  assert.ok(code)
  return { rooms, gateway, sms, purchase, process, code }
}

test('a voucher that was bought for somebody else is made once, and lets nobody in until it is used', async (t) => {
  const { rooms, purchase, process, code } = await setup(t)
  await process()
  assert.equal(purchase.state, 'FULFILLED')
  assert.equal(rooms.value('SELECT count(*) FROM vouchers'), 1)
  assert.equal(rooms.value('SELECT count(*) FROM grants'), 0)
  assert.equal(rooms.run(redeemVoucher, { code, macAddress: '02:00:00:00:00:77' }).outcome, 'redeemed')
})

test('its code goes to that phone once, also when the gateway’s answer is lost', async (t) => {
  const { rooms, gateway, sms, code } = await setup(t)
  gateway.down = true
  assert.equal((await runWaiting(rooms, 'send-voucher-sms', { sms }))[0]?.kind, 'offline')
  gateway.down = false
  gateway.loseResponse = true
  for (let run = 0; run < 3; run++) await runWaiting(rooms, 'send-voucher-sms', { sms })
  assert.equal(gateway.messages.length, 1)
  assert.equal(gateway.messages[0]?.to, `+${FRIEND}`)
  assert.equal(
    gateway.messages[0]?.text,
    `Cafe Amani: You were given WiFi: 1 hour. Type the code ${code} on the WiFi page.`,
  )
  const report = { providerId: 'ATX', phoneNumber: FRIEND, status: 'delivered', detail: null, phoneMasked: '' } as const
  assert.equal(rooms.run(recordDelivery, report), 'recorded')
  assert.equal(rooms.value('SELECT state FROM messages'), 'delivered')
})

/** The store of a job, in which something happens right after the first command. */
function meanwhile(rooms: Rooms, happens: () => void): Store {
  let first = true
  return {
    async run(command, input) {
      const value = rooms.run(command, input)
      if (first) happens()
      first = false
      return value
    },
  }
}

const refundOf = (paymentId: string, approvalAboveCents = 1_000_000) =>
  ({ paymentId, receipt: null, reason: 'wrong package', by: 'asha', approvalAboveCents }) as const

test('a code that is being given back is sent to nobody, whenever that began', async (t) => {
  const before = await setup(t)
  before.rooms.run(requestRefund, refundOf(before.purchase.paymentId))
  await runWaiting(before.rooms, 'send-voucher-sms', { sms: before.sms })
  assert.equal(before.gateway.messages.length, 0)

  const { rooms, gateway, sms, purchase } = await setup(t)
  const store = meanwhile(rooms, () => rooms.run(requestRefund, refundOf(purchase.paymentId)))
  await runWaiting(rooms, 'send-voucher-sms', { sms, store })
  assert.equal(gateway.messages.length, 0)
  assert.equal(rooms.value('SELECT count(*) FROM messages'), 0)
})

test('credentials of an access that ends while they are about to be sent are not sent', async (t) => {
  const { rooms, gateway, sms } = await setup(t)
  const { grantId } = openStay(rooms, { phoneNumber: FRIEND })
  const store = meanwhile(rooms, () => rooms.run(revokeGrant, { grantId }))
  await runJob(rooms, 'send-credentials-sms', { grantId }, { sms, store })
  assert.equal(gateway.messages.length, 0)
  assert.equal(rooms.value('SELECT count(*) FROM messages'), 0)
})

test('a code that stands after all goes out', async (t) => {
  const { rooms, gateway, sms, purchase } = await setup(t)
  rooms.run(requestRefund, refundOf(purchase.paymentId))
  await runWaiting(rooms, 'send-voucher-sms', { sms })
  rooms.db.prepare('DELETE FROM jobs').run()
  const refundId = String(rooms.value('SELECT id FROM refunds'))
  const failed = { refundId, result: 'failed', method: 'manual', reference: null, by: 'asha' } as const
  rooms.run(recordRefundResult, failed)
  rooms.run(approvePayment, { paymentId: purchase.paymentId, receipt: null, reason: 'the money stayed', by: 'juma' })
  await runWaiting(rooms, 'send-voucher-sms', { sms })
  assert.equal(gateway.messages.length, 1)
})

test('credentials that a refund held back go out when the money stays, once', async (t) => {
  const { rooms, gateway, sms } = await setup(t)
  const purchase = openPurchase(rooms, { packageId: rooms.addPackage() }).prompted()
  purchase.paid()
  await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
  const grantId = String(rooms.value('SELECT id FROM grants'))
  rooms.run(noteUserCreated, { grantId })
  rooms.run(requestRefund, refundOf(purchase.paymentId))
  await runWaiting(rooms, 'send-credentials-sms', { sms })
  assert.equal(gateway.messages.length, 0)
  rooms.db.prepare('DELETE FROM jobs').run()
  const refundId = String(rooms.value('SELECT id FROM refunds'))
  rooms.run(recordRefundResult, { refundId, result: 'failed', method: 'manual', reference: null, by: 'asha' })
  rooms.run(approvePayment, { paymentId: purchase.paymentId, receipt: null, reason: 'the money stayed', by: 'juma' })
  for (let run = 0; run < 2; run++) await runWaiting(rooms, 'send-credentials-sms', { sms })
  assert.deepEqual(
    gateway.messages.map(({ to }) => to),
    [`+${purchase.asked.phoneNumber}`],
  )
})

test('a text whose answer was lost says that the gateway is silent, and what waits for its report then says nothing of it', async (t) => {
  const { rooms, gateway, sms } = await setup(t)
  const { grantId } = openStay(rooms, { phoneNumber: FRIEND })
  gateway.loseResponse = true
  const toldBy = async (name: string, payload?: object) => {
    const [outcome] = payload ? [await runJob(rooms, name, payload, { sms })] : await runWaiting(rooms, name, { sms })
    return outcome && { ...('silent' in outcome && { silent: true }), ...('unasked' in outcome && { unasked: true }) }
  }
  assert.deepEqual(await toldBy('send-credentials-sms', { grantId }), { silent: true })
  assert.deepEqual(await toldBy('send-credentials-sms', { grantId }), { unasked: true })
  assert.deepEqual(await toldBy('send-voucher-sms'), { silent: true })
  assert.deepEqual(await toldBy('send-voucher-sms'), { unasked: true })
  assert.equal(gateway.messages.length, 2)
})
