import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { recordDelivery } from '../../src/access/messages.ts'
import { voucherBoughtWith } from '../../src/billing/payment-purpose.ts'
import { redeemVoucher } from '../../src/billing/vouchers.ts'
import type { Config } from '../../src/config.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { openSmsProvider } from '../../src/sms/sms-provider.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms } from '../billing/rooms.ts'
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
