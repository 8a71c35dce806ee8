import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Config } from '../../src/config.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { smsAnswerOf } from '../../src/sms/africas-talking.ts'
import { openSmsProvider, type SmsProvider } from '../../src/sms/sms-provider.ts'
import { deadUrl, startScriptedTcp } from '../mpesa/scripted-tcp.ts'

function open(settings: Partial<Config['sms']>): SmsProvider {
  const provider = openSmsProvider({
    provider: 'africastalking',
    base_url: 'http://127.0.0.1',
    username: 'wifi',
    api_key: 'the-key',
    ...settings,
  } as Config['sms'])
  assert.ok(provider)
  return provider
}

async function setup(t: TestContext, settings: Partial<Config['sms']> = {}) {
  const gateway = await startSmsSimulator({ username: 'wifi', apiKey: 'the-key' })
  t.after(() => gateway.stop())
  return { gateway, provider: open({ base_url: `${gateway.url}/`, ...settings }) }
}

const message = () => ({ to: '+254712345678', text: 'WiFi code K7+&=ü', signal: new AbortController().signal })

test('a message goes out as written and is accepted under the gateway’s id', async (t) => {
  const { gateway, provider } = await setup(t, { sender_id: 'MLANGO' })
  const answer = await provider.send(message())
  const [sent] = gateway.messages
  assert.deepEqual(answer, { outcome: 'accepted', providerId: sent?.messageId })
  assert.deepEqual([sent?.to, sent?.text, sent?.from], ['+254712345678', 'WiFi code K7+&=ü', 'MLANGO'])
  assert.equal(gateway.messages.length, 1)
})

test('refusals are told apart from trouble', async (t) => {
  const { gateway, provider } = await setup(t)
  gateway.refuse = 'insufficient-balance'
  assert.deepEqual(await provider.send(message()), {
    outcome: 'refused',
    code: '405',
    detail: '405 InsufficientBalance',
  })
  gateway.refuse = 'blacklist'
  assert.deepEqual(await provider.send(message()), { outcome: 'refused', code: '406', detail: '406 UserInBlacklist' })
  gateway.refuse = 'invalid-sender'
  assert.deepEqual(await provider.send(message()), {
    outcome: 'refused',
    code: 'no-recipient',
    detail: 'InvalidSenderId',
  })
  gateway.refuse = undefined
  const wrongNumber = await provider.send({ ...message(), to: '+15550100' })
  assert.deepEqual(wrongNumber, { outcome: 'refused', code: '403', detail: '403 InvalidPhoneNumber' })
  assert.equal(gateway.messages.length, 0)
})

test('a gateway that is down is busy, and one that loses its answer leaves the message lost', async (t) => {
  const { gateway, provider } = await setup(t)
  gateway.down = true
  assert.equal((await provider.send(message())).outcome, 'busy')
  assert.equal(gateway.messages.length, 0)
  gateway.down = false
  gateway.loseResponse = true
  assert.equal((await provider.send(message())).outcome, 'lost')
  assert.equal(gateway.messages.length, 1)
})

test('a wrong key is a refusal that does not show it', async (t) => {
  const { provider } = await setup(t, { api_key: 'other-key' })
  const answer = await provider.send(message())
  assert.equal(answer.outcome, 'refused')
  assert.doesNotMatch(JSON.stringify(answer), /key/)
})

test('a gateway that cannot be reached leaves the message unsent, a broken connection lost', async (t) => {
  assert.equal((await open({ base_url: await deadUrl() }).send(message())).outcome, 'unsent')
  const server = await startScriptedTcp(t, (socket) => socket.resetAndDestroy())
  assert.equal((await open({ base_url: server.url }).send(message())).outcome, 'lost')
  assert.equal(server.heard.length, 1)
})

test('a message that is given up before it was sent is unsent', async (t) => {
  const { gateway, provider } = await setup(t)
  assert.equal((await provider.send({ ...message(), signal: AbortSignal.abort() })).outcome, 'unsent')
  assert.equal(gateway.messages.length, 0)
})

const reply = (Recipients: unknown, Message: unknown = 'Sent to 1/1') =>
  JSON.stringify({ SMSMessageData: { Message, Recipients } })
const one = (statusCode: unknown) =>
  reply([{ statusCode, number: '+254712345678', status: 'Words', cost: 'KES 0.8', messageId: 'ATXid_1' }])

const replies: [status: number, text: string, outcome: string][] = [
  ...[100, 101, 102].map((code): [number, string, string] => [201, one(code), 'accepted']),
  [201, one('101'), 'accepted'],
  [200, one(101), 'accepted'],
  ...[401, 402, 403, 404, 405, 406, 407, 409, 502].map((code): [number, string, string] => [201, one(code), 'refused']),
  ...[500, 501].map((code): [number, string, string] => [201, one(code), 'busy']),
  [201, one(103), 'lost'],
  [201, one('odd'), 'lost'],
  [201, reply([]), 'refused'],
  [201, reply([], undefined), 'refused'],
  [201, reply(undefined), 'lost'],
  [201, '{}', 'lost'],
  [201, '', 'lost'],
  [201, '{"SMSMessageData":{"Mess', 'lost'],
  [201, '<AfricasTalkingResponse><SMSMessageData/></AfricasTalkingResponse>', 'lost'],
  [302, '', 'lost'],
  [400, "Request is missing required form field 'to'", 'refused'],
  [401, 'The supplied authentication is invalid', 'refused'],
  [404, 'The requested resource could not be found.', 'refused'],
  [408, '', 'lost'],
  [415, '', 'refused'],
  [429, '', 'busy'],
  [500, '<html>', 'lost'],
  [502, '<html>', 'lost'],
  [503, '<html>', 'busy'],
  [504, '<html>', 'lost'],
]
for (const [status, text, outcome] of replies) {
  test(`a message that hears ${status} ${text.slice(0, 90)} is ${outcome}`, () => {
    assert.equal(smsAnswerOf({ status, text }).outcome, outcome)
  })
}

test('no provider means no SMS, and half a configuration stops the start', () => {
  assert.equal(openSmsProvider({ provider: 'none', base_url: 'http://127.0.0.1' }), undefined)
  assert.throws(() => openSmsProvider({ provider: 'africastalking', base_url: 'http://127.0.0.1' }), {
    code: 'config-invalid',
  })
  assert.throws(() => open({ api_key: 'two\nlines' }), { code: 'config-invalid' })
})
