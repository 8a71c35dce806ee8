import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import type { SmsSettings } from '../../src/config.ts'
import { readDeliveryReport } from '../../src/sms/delivery-report.ts'
import { openHttpGateway } from '../../src/sms/http-gateway.ts'
import type { SmsAnswer } from '../../src/sms/sms-message.ts'
import { inTurn, openSmsProvider } from '../../src/sms/sms-provider.ts'
import { openTwilio, twilioAnswerOf } from '../../src/sms/twilio.ts'

interface Heard {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A gateway that answers each request with the next of `answers`, and remembers what it heard. */
async function openGateway(...answers: { status: number; body: string }[]) {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request
    heard.push({ method, url, headers, body: await text(request) })
    const { status, body } = answers[heard.length - 1] ?? { status: 500, body: '' }
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return { url, heard, close: () => new Promise((resolve) => server.close(resolve)) }
}

const nothing: SmsSettings = { provider: 'none' }
const message = () => ({ to: '+254712345678', text: 'Code "A&B" {to}', signal: new AbortController().signal })

describe('Twilio', () => {
  it('is told with each message where to report what became of it', async () => {
    const gateway = await openGateway({ status: 201, body: '{"sid":"SM1","status":"queued"}' })
    const account = { username: 'AC1', api_key: 'token', sender_id: '+15005550006', base_url: gateway.url }
    const reportUrl = 'https://pay.example.co.ke/api/sms/delivery/secret'
    const sms = openSmsProvider({ provider: 'twilio', ...account }, undefined, undefined, reportUrl)
    assert.equal((await sms?.send(message()))?.outcome, 'accepted')
    assert.equal(new URLSearchParams(gateway.heard[0]?.body).get('StatusCallback'), reportUrl)
    await gateway.close()
  })

  it('is asked as it wants to be asked', async () => {
    const gateway = await openGateway({ status: 201, body: '{"sid":"SM1","status":"queued"}' })
    const settings: SmsSettings = { ...nothing, provider: 'twilio', base_url: gateway.url }
    const twilio = openTwilio({ ...settings, username: 'AC1', api_key: 'token', sender_id: '+15005550006' })
    assert.deepEqual(await twilio.send(message()), { outcome: 'accepted', providerId: 'SM1' })
    const [asked] = gateway.heard
    assert.equal(asked?.url, '/2010-04-01/Accounts/AC1/Messages.json')
    assert.equal(asked?.headers.authorization, `Basic ${Buffer.from('AC1:token').toString('base64')}`)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(asked?.body)), {
      ...{ To: '+254712345678', Body: 'Code "A&B" {to}', From: '+15005550006' },
    })
    await gateway.close()
  })

  it('has taken a message only when it names it; a server that fell over may have', () => {
    const outcome = (status: number, body: object | string) =>
      twilioAnswerOf({ status, text: typeof body === 'string' ? body : JSON.stringify(body) }).outcome
    assert.equal(outcome(201, { sid: 'SM1', status: 'accepted' }), 'accepted')
    assert.equal(outcome(201, { sid: 'SM1', status: 'failed' }), 'refused')
    assert.equal(outcome(400, { code: 21211, message: 'invalid number' }), 'refused')
    assert.equal(outcome(401, ''), 'refused')
    assert.equal(outcome(429, ''), 'busy')
    assert.equal(outcome(503, '<html>'), 'busy')
    for (const status of [200, 201, 302, 408, 500, 502]) assert.equal(outcome(status, '<html>'), 'lost', String(status))
  })

  it('reports what became of it', () => {
    const report = readDeliveryReport('MessageSid=SM1&MessageStatus=undelivered&To=%2B254712345678&ErrorCode=30042')
    assert.deepEqual(report, { providerId: 'SM1', phoneNumber: '254712345678', status: 'failed', detail: '30042' })
    assert.equal(readDeliveryReport('MessageSid=SM1&MessageStatus=sent'), undefined)
  })
})

describe('any gateway', () => {
  it('is asked with a JSON body, and its answer counts only when it fits the pattern', async () => {
    const gateway = await openGateway(
      { status: 200, body: '{"responses":[{"response-code":200,"messageid":77}]}' },
      { status: 200, body: '{"responses":[{"response-code":1001}]}' },
      { status: 500, body: 'oops' },
    )
    const provider = openHttpGateway({
      ...nothing,
      provider: 'http',
      base_url: `${gateway.url}/send?from={from}`,
      headers: ['X-Key: {key}'],
      body: '{"mobile":"{to_digits}","message":"{text}"}',
      success: '"response-code": ?200',
      message_id: '"messageid": ?"?(\\w+)',
      api_key: 'secret',
      sender_id: 'MY WIFI',
    })
    assert.deepEqual(await provider.send(message()), { outcome: 'accepted', providerId: '77' })
    assert.equal((await provider.send(message())).outcome, 'refused')
    assert.equal((await provider.send(message())).outcome, 'lost')
    const [asked] = gateway.heard
    assert.equal(asked?.url, '/send?from=MY%20WIFI')
    assert.equal(asked?.headers['x-key'], 'secret')
    assert.deepEqual(JSON.parse(asked?.body ?? ''), { mobile: '254712345678', message: 'Code "A&B" {to}' })
    await gateway.close()
  })

  it('may take everything in its address, or a form', async () => {
    const gateway = await openGateway({ status: 200, body: 'OK' }, { status: 200, body: 'OK' })
    const settings: SmsSettings = { ...nothing, provider: 'http', success: '^OK', base_url: `${gateway.url}/` }
    await openHttpGateway({ ...settings, base_url: `${gateway.url}/?to={to}&text={text}` }).send(message())
    await openHttpGateway({ ...settings, body: 'to={to}&text={text}' }).send(message())
    const [byAddress, byForm] = gateway.heard
    assert.equal(byAddress?.method, 'GET')
    const said = { to: '+254712345678', text: 'Code "A&B" {to}' }
    assert.deepEqual(Object.fromEntries(new URL(byAddress?.url ?? '', gateway.url).searchParams), said)
    assert.deepEqual(Object.fromEntries(new URLSearchParams(byForm?.body)), said)
    await gateway.close()
  })

  it('with a pattern that is none does not start', () => {
    const settings: SmsSettings = { ...nothing, provider: 'http', base_url: 'http://x', success: '(' }
    assert.throws(() => openHttpGateway(settings), { code: 'config-invalid' })
  })
})

describe('a second gateway', () => {
  const one = (answer: SmsAnswer) => ({ send: async () => answer })
  const accepted: SmsAnswer = { outcome: 'accepted', providerId: 'second' }
  const sends = async (first: SmsAnswer, second: SmsAnswer = accepted) =>
    (await inTurn(one(first), one(second)).send(message())) as SmsAnswer & { providerId?: string }

  it('is asked when the first has certainly sent nothing', async () => {
    const detail = 'x'
    for (const answer of [
      { outcome: 'refused', code: '405', detail },
      { outcome: 'busy', detail },
      { outcome: 'unsent', detail },
    ] as const) {
      assert.equal((await sends(answer)).providerId, 'second', answer.outcome)
    }
  })

  it('is never asked when the first may have sent it', async () => {
    assert.equal((await sends({ outcome: 'lost', detail: '' })).outcome, 'lost')
    assert.equal((await sends({ outcome: 'accepted', providerId: 'first' })).providerId, 'first')
  })

  it('that refuses leaves the first to be tried again, unless that refused too', async () => {
    const refused: SmsAnswer = { outcome: 'refused', code: '1', detail: '' }
    assert.equal((await sends({ outcome: 'busy', detail: '' }, refused)).outcome, 'busy')
    assert.equal((await sends(refused, refused)).outcome, 'refused')
  })

  it('stands alone when it is the only one', () => {
    const http: SmsSettings = { ...nothing, provider: 'http', base_url: 'http://x', success: 'OK' }
    assert.ok(openSmsProvider(nothing, http))
    assert.equal(openSmsProvider(nothing, nothing), undefined)
  })
})
