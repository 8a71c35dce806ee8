import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { startReceiver } from './receiving-server.ts'

async function setup(t: TestContext) {
  const sms = await startSmsSimulator({ username: 'wifi', apiKey: 'key' })
  t.after(() => sms.stop())
  async function send(fields: Record<string, string> = {}, headers: Record<string, string> = {}) {
    const response = await fetch(`${sms.url}/version1/messaging`, {
      method: 'POST',
      headers: { apiKey: 'key', Accept: 'application/json', ...headers },
      body: new URLSearchParams({ username: 'wifi', to: '+254712345678', message: 'Your code: K7', ...fields }),
    })
    return { status: response.status, text: await response.text() }
  }
  return { sms, send }
}

test('a message goes out and is answered as documented', async (t) => {
  const { sms, send } = await setup(t)
  const { status, text } = await send({ from: 'MLANGO' })
  assert.equal(status, 201)
  const message = await sms.whenSent()
  assert.match(message.messageId, /^ATXid_[0-9a-f]{32}$/)
  assert.deepEqual(message, {
    messageId: message.messageId,
    to: '+254712345678',
    text: 'Your code: K7',
    from: 'MLANGO',
  })
  assert.deepEqual(JSON.parse(text), {
    SMSMessageData: {
      Message: 'Sent to 1/1 Total Cost: KES 0.8000',
      Recipients: [
        {
          statusCode: 101,
          number: '+254712345678',
          status: 'Success',
          cost: 'KES 0.8000',
          messageId: message.messageId,
        },
      ],
    },
  })
})

test('several recipients are told apart, and a number that is none is refused alone', async (t) => {
  const { sms, send } = await setup(t)
  const { SMSMessageData } = JSON.parse((await send({ to: '+254712345678, 0712, +254110000001' })).text)
  assert.equal(SMSMessageData.Message, 'Sent to 2/3 Total Cost: KES 1.6000')
  assert.deepEqual(
    SMSMessageData.Recipients.map(({ statusCode }: { statusCode: number }) => statusCode),
    [101, 403, 101],
  )
  assert.equal((await sms.whenSent(2)).to, '+254110000001')
})

test('a wrong key or user gets 401 in plain text, a missing field 400, and nothing goes out', async (t) => {
  const { sms, send } = await setup(t)
  const wrongKey = await send({}, { apiKey: 'other' })
  assert.deepEqual([wrongKey.status, wrongKey.text], [401, 'The supplied authentication is invalid'])
  assert.equal((await send({ username: 'other' })).status, 401)
  assert.equal((await send({ message: '' })).status, 400)
  assert.equal((await send({}, { 'Content-Type': 'application/json' })).status, 415)
  assert.equal(sms.messages.length, 0)
})

test('who does not ask for JSON gets XML', async (t) => {
  const { send } = await setup(t)
  const { status, text } = await send({}, { Accept: '*/*' })
  assert.equal(status, 201)
  assert.match(text, /^<AfricasTalkingResponse>.*<statusCode>101<\/statusCode>/)
})

test('a refusal is a 201 like success, and nothing goes out', async (t) => {
  const { sms, send } = await setup(t)
  for (const [refusal, statusCode] of [
    ['insufficient-balance', 405],
    ['blacklist', 406],
  ] as const) {
    sms.refuse = refusal
    const { status, text } = await send()
    assert.deepEqual([status, JSON.parse(text).SMSMessageData.Recipients[0].statusCode], [201, statusCode])
  }
  sms.refuse = 'invalid-sender'
  assert.deepEqual(JSON.parse((await send()).text).SMSMessageData, { Message: 'InvalidSenderId', Recipients: [] })
  assert.equal(sms.messages.length, 0)
})

test('a lost response leaves a message that went out', async (t) => {
  const { sms, send } = await setup(t)
  sms.loseResponse = true
  await assert.rejects(send(), { message: 'fetch failed' })
  assert.equal((await sms.whenSent()).text, 'Your code: K7')
})

test('while the gateway is down it answers with a page of HTML and sends nothing', async (t) => {
  const { sms, send } = await setup(t)
  sms.down = true
  const { status, text } = await send()
  assert.equal(status, 503)
  assert.match(text, /^<html>/)
  await assert.rejects(sms.whenSent(1, 20), { code: 'simulator-wait-timeout' })
})

test('a delivery report is posted as a form to the address that is set', async (t) => {
  const { sms, send } = await setup(t)
  await send()
  const { messageId } = await sms.whenSent()
  await assert.rejects(sms.sendDeliveryReport(messageId, 'Success'), { code: 'simulator-no-report-url' })
  const receiver = await startReceiver(t, 204)
  sms.deliveryReportUrl = `${receiver.url}/reports/secret`
  await assert.rejects(sms.sendDeliveryReport('ATXid_other', 'Success'), { code: 'simulator-unknown-message' })

  assert.equal(await sms.sendDeliveryReport(messageId, 'Success'), 204)
  await sms.sendDeliveryReport(messageId, 'Failed')
  const [success, failed] = receiver.received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)))
  const common = { id: messageId, phoneNumber: '+254712345678', networkCode: '63902', retryCount: '0' }
  assert.deepEqual(success, { ...common, status: 'Success' })
  assert.deepEqual(failed, { ...common, status: 'Failed', failureReason: 'DeliveryFailure' })
  assert.equal(receiver.received[0]?.path, '/reports/secret')
})

test('the gateway stops twice and is gone', async (t) => {
  const { sms, send } = await setup(t)
  await send()
  await sms.stop()
  await sms.stop()
  await assert.rejects(send(), { message: 'fetch failed' })
})
