import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { readDeliveryReport } from '../../src/sms/delivery-report.ts'
import { openSmsProvider } from '../../src/sms/sms-provider.ts'
import { startReceiver } from '../simulators/receiving-server.ts'

async function setup(t: TestContext) {
  const receiver = await startReceiver(t)
  const gateway = await startSmsSimulator({ username: 'wifi', apiKey: 'key', deliveryReportUrl: receiver.url })
  t.after(() => gateway.stop())
  const provider = openSmsProvider({
    provider: 'africastalking',
    base_url: gateway.url,
    username: 'wifi',
    api_key: 'key',
  })
  const answer = await provider?.send({ to: '+254712345678', text: 'x', signal: new AbortController().signal })
  assert.ok(answer?.outcome === 'accepted')
  return { gateway, receiver, providerId: answer.providerId }
}

const ends = [
  ['Sent', undefined, null],
  ['Submitted', undefined, null],
  ['Buffered', undefined, null],
  ['Success', 'delivered', null],
  ['Failed', 'failed', 'DeliveryFailure'],
  ['Rejected', 'failed', 'UserInBlacklist'],
  ['AbsentSubscriber', 'failed', 'AbsentSubscriber'],
  ['Expired', 'failed', 'Expired'],
] as const
test('the end of a message is told, the stops on its way are not', async (t) => {
  const { gateway, receiver, providerId } = await setup(t)
  for (const [said, status, detail] of ends) {
    await gateway.sendDeliveryReport(providerId, said)
    const expected = status && { providerId, phoneNumber: '254712345678', status, detail }
    assert.deepEqual(readDeliveryReport(receiver.received.at(-1)?.body ?? ''), expected)
  }
})

test('a report without a phone number it can use still names its message', () => {
  assert.deepEqual(readDeliveryReport('id=ATXid_1&status=Success&phoneNumber=%2B2547***'), {
    providerId: 'ATXid_1',
    phoneNumber: null,
    status: 'delivered',
    detail: null,
  })
})

test('what is no report is passed over', () => {
  const bodies = ['', 'x', '{"id":"1","status":"Success"}', 'id=&status=Success', 'status=Success', 'id=1', '%%%=%']
  for (const body of [...bodies, 'id=1&status=toString', `id=${'1'.repeat(300)}&status=Success`]) {
    assert.equal(readDeliveryReport(body), undefined, body)
  }
})
