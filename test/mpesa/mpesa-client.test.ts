import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { openLog } from '../../src/log.ts'
import { type MpesaSettings, openMpesaClient, type PushOrder } from '../../src/mpesa/mpesa-client.ts'
import { type MpesaSimulatorOptions, startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startReceiver } from '../simulators/receiving-server.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import { deadUrl, httpReply, startScriptedTcp, tokenReply } from './scripted-tcp.ts'

const PHONE = '254712345678'
const merchant = { consumerKey: 'the-key', consumerSecret: 'the-secret', shortcode: '174379', passkey: 'the-passkey' }
const signal = () => new AbortController().signal

function openClient(changes: Partial<MpesaSettings> & { baseUrl: string }, clock = systemClock) {
  let logged = ''
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged += chunk
      done()
    },
  })
  const client = openMpesaClient(
    { ...merchant, type: 'paybill', ...changes },
    { log: openLog('trace', {}, sink), clock },
  )
  return { client, logged: () => logged }
}

async function setup(
  t: TestContext,
  {
    simulator = {},
    settings = {},
  }: { simulator?: Partial<MpesaSimulatorOptions>; settings?: Partial<MpesaSettings> } = {},
) {
  const mpesa = await startMpesaSimulator({ ...merchant, pinDelayMs: 1, ...simulator })
  t.after(() => mpesa.stop())
  const receiver = await startReceiver(t)
  const clock = new SteppedClock()
  const order: PushOrder = {
    phoneNumber: PHONE,
    amountShillings: 20,
    accountReference: 'ML7K3Q9Z2A',
    description: 'WiFi',
    callbackUrl: `${receiver.url}/callback/of-this-attempt`,
  }
  return { mpesa, clock, order, ...openClient({ baseUrl: mpesa.url, ...settings }, clock) }
}

test('a push prompts the phone once, and hands back the ids under which M-PESA keeps it', async (t) => {
  const { mpesa, client, order } = await setup(t)
  const answer = await client.push(order, signal())
  const [push] = mpesa.pushes
  assert.deepEqual(answer, {
    outcome: 'accepted',
    merchantRequestId: push?.merchantRequestId,
    checkoutRequestId: push?.checkoutRequestId,
  })
  assert.equal(mpesa.pushes.length, 1)
  assert.equal(push?.amount, 20)
  assert.equal(push?.phoneNumber, PHONE)
  assert.equal(push?.accountReference, 'ML7K3Q9Z2A')
  assert.equal(push?.partiesFit, true)
})

test('a till is paid by Buy Goods to the till, signed by the store number', async (t) => {
  const { mpesa, client, order } = await setup(t, {
    simulator: { till: '5551234' },
    settings: { type: 'till', till: '5551234' },
  })
  assert.equal((await client.push(order, signal())).outcome, 'accepted')
  assert.equal(mpesa.pushes[0]?.partiesFit, true)
})

test('a till without its number is refused at the start', () => {
  assert.throws(() => openClient({ baseUrl: 'http://127.0.0.1', type: 'till' }), { code: 'config-invalid' })
})

test('a query tells pending, paid and failed apart', async (t) => {
  const { mpesa, client, order } = await setup(t, { simulator: { scenario: 'late' } })
  const asked = await client.push(order, signal())
  assert.ok(asked.outcome === 'accepted')
  for (const pendingAnswer of ['code-4999', 'being-processed'] as const) {
    mpesa.pendingAnswer = pendingAnswer
    assert.deepEqual(await client.query(asked.checkoutRequestId, signal()), { outcome: 'pending' })
  }
  mpesa.pendingAnswer = 'wordless'
  assert.equal((await client.query(asked.checkoutRequestId, signal())).outcome, 'no-answer')
  await mpesa.releaseLate()
  assert.deepEqual(await client.query(asked.checkoutRequestId, signal()), { outcome: 'paid' })

  mpesa.scenario(PHONE, 'cancelled')
  const cancelled = await client.push(order, signal())
  await mpesa.whenCallbackAnswered(2)
  assert.ok(cancelled.outcome === 'accepted')
  assert.deepEqual(await client.query(cancelled.checkoutRequestId, signal()), { outcome: 'failed', resultCode: '1032' })
  assert.equal((await client.query('ws_CO_nobody', signal())).outcome, 'no-answer')
})

test('a query that comes too fast is told to slow down', async (t) => {
  const { client } = await setup(t, { simulator: { queryIntervalMs: 3_600_000 } })
  await client.query('ws_CO_1', signal())
  assert.deepEqual(await client.query('ws_CO_1', signal()), { outcome: 'slow-down' })
})

test('many requests at once share one access token', async (t) => {
  const { mpesa, client, order } = await setup(t)
  const answers = await Promise.all(Array.from({ length: 8 }, () => client.push(order, signal())))
  assert.ok(answers.every(({ outcome }) => outcome === 'accepted'))
  assert.equal(mpesa.tokensIssued, 1)
})

test('a token that another system has ended is replaced once, and the push still goes out once', async (t) => {
  const { mpesa, client, order } = await setup(t)
  await client.push(order, signal())
  mpesa.revokeToken()
  assert.equal((await client.push(order, signal())).outcome, 'accepted')
  assert.equal(mpesa.tokensIssued, 2)
  assert.equal(mpesa.pushes.length, 2)
  mpesa.revokeToken()
  assert.equal((await client.query('ws_CO_1', signal())).outcome, 'no-answer')
  assert.equal(mpesa.tokensIssued, 3)
})

test('many requests whose token has ended replace it together', async (t) => {
  const { mpesa, client, order } = await setup(t)
  await client.push(order, signal())
  mpesa.revokeToken()
  const answers = await Promise.all(Array.from({ length: 6 }, () => client.push(order, signal())))
  assert.ok(answers.every(({ outcome }) => outcome === 'accepted'))
  assert.equal(mpesa.pushes.length, 7)
  assert.equal(mpesa.tokensIssued, 2)
})

test('a token is renewed shortly before its hour is over', async (t) => {
  const { mpesa, clock, client } = await setup(t)
  await client.query('ws_CO_1', signal())
  clock.step(3_500_000)
  await client.query('ws_CO_1', signal())
  assert.equal(mpesa.tokensIssued, 1)
  clock.step(60_000)
  await client.query('ws_CO_1', signal())
  assert.equal(mpesa.tokensIssued, 2)
})

test('wrong keys, passkey or shortcode are refusals that call for the owner, and no secret is logged', async (t) => {
  const wrong: Partial<MpesaSettings>[] = [
    { consumerSecret: 'not-the-secret' },
    { passkey: 'not-the-passkey' },
    { shortcode: '600000' },
  ]
  for (const settings of wrong) {
    const { mpesa, client, order, logged } = await setup(t, { settings })
    const answer = await client.push(order, signal())
    assert.ok(answer.outcome === 'refused')
    assert.equal(answer.failure, 'mpesa-down')
    assert.equal(answer.alarm, true)
    assert.equal(mpesa.pushes.length, 0)
    assert.match(logged(), /\[mpesa\]/)
    assert.doesNotMatch(logged() + answer.detail, /the-secret|the-passkey|the-key|254712345678/)
  }
})

const scenarios = [
  ['refused', 'refused', 'number-refused'],
  ['busy', 'refused', 'busy'],
  ['lost-response', 'lost', undefined],
  ['html-503', 'lost', undefined],
  ['before-response', 'accepted', undefined],
] as const
for (const [scenario, outcome, failure] of scenarios) {
  test(`the story "${scenario}" makes the push ${outcome}`, async (t) => {
    const { client, order } = await setup(t, { simulator: { scenario } })
    const answer = await client.push(order, signal())
    assert.equal(answer.outcome, outcome)
    if (answer.outcome === 'refused') assert.equal(answer.failure, failure)
  })
}

test('M-PESA down before there is a token leaves the push unsent; with one it is lost', async (t) => {
  const { mpesa, client, order } = await setup(t)
  mpesa.down = true
  assert.equal((await client.push(order, signal())).outcome, 'unsent')
  assert.equal((await client.query('ws_CO_1', signal())).outcome, 'unreached')
  mpesa.down = false
  await client.push(order, signal())
  mpesa.down = true
  assert.equal((await client.push(order, signal())).outcome, 'lost')
  assert.equal(mpesa.pushes.length, 1)
})

test('a host where nobody listens leaves the push unsent', async () => {
  const { client } = openClient({ baseUrl: await deadUrl() })
  assert.equal((await client.push(anyOrder, signal())).outcome, 'unsent')
  assert.equal((await client.query('ws_CO_1', signal())).outcome, 'unreached')
})

const anyOrder: PushOrder = {
  phoneNumber: PHONE,
  amountShillings: 20,
  accountReference: 'ML7K3Q9Z2A',
  description: 'WiFi',
  callbackUrl: 'https://wifi.example/callback/1',
}
const isPush = (request: string) => request.startsWith('POST /mpesa/stkpush/v1/processrequest ')

test('a push whose connection is reset is lost, and nobody sends it again', async (t) => {
  const server = await startScriptedTcp(t, (socket, request) => {
    if (isPush(request)) socket.resetAndDestroy()
    else socket.end(tokenReply())
  })
  const { client } = openClient({ baseUrl: `${server.url}/` })
  assert.equal((await client.push(anyOrder, signal())).outcome, 'lost')
  assert.equal(server.heard.filter(isPush).length, 1)
})

test('a push with a good token to a host that has gone away is unsent', async (t) => {
  const { mpesa, client, order } = await setup(t)
  assert.equal((await client.push(order, signal())).outcome, 'accepted')
  await mpesa.stop()
  assert.equal((await client.push(order, signal())).outcome, 'unsent')
})

test('a push that is given up while it waits for its answer is lost', async (t) => {
  const server = await startScriptedTcp(t, (socket, request) => {
    if (isPush(request)) stop.abort()
    else socket.end(tokenReply())
  })
  const stop = new AbortController()
  const { client } = openClient({ baseUrl: server.url })
  assert.equal((await client.push(anyOrder, stop.signal)).outcome, 'lost')
})

test('a push that is given up while it waits for a token is unsent, and others go on waiting', async (t) => {
  let sendToken = () => {}
  const server = await startScriptedTcp(t, (socket, request) => {
    if (isPush(request))
      socket.end(httpReply(200, '{"MerchantRequestID":"m","CheckoutRequestID":"c","ResponseCode":"0"}'))
    else sendToken = () => socket.end(tokenReply())
  })
  const { client } = openClient({ baseUrl: server.url })
  const stop = new AbortController()
  const heard = server.whenHeard()
  const givenUp = client.push(anyOrder, stop.signal)
  const patient = client.push(anyOrder, signal())
  await heard
  stop.abort()
  assert.equal((await givenUp).outcome, 'unsent')
  sendToken()
  assert.equal((await patient).outcome, 'accepted')
  assert.equal(server.heard.length, 2)
})

// Left alone, the request would end by itself, but later.
test('a token request that nobody waits for any more is ended', { timeout: 5_000 }, async (t) => {
  const ended = Promise.withResolvers<void>()
  const server = await startScriptedTcp(t, (socket, request, number) => {
    if (number === 0) socket.once('close', () => ended.resolve())
    else if (isPush(request)) socket.end(httpReply(500, '{"errorCode":"500.003.1001","errorMessage":"x"}'))
    else socket.end(tokenReply())
  })
  const { client } = openClient({ baseUrl: server.url })
  const stop = new AbortController()
  const heard = server.whenHeard()
  const givenUp = client.push(anyOrder, stop.signal)
  await heard
  stop.abort()
  assert.equal((await givenUp).outcome, 'unsent')
  await ended.promise
  assert.equal((await client.push(anyOrder, signal())).outcome, 'lost')
})

test('a late refusal of an old token leaves the newer one in use', async (t) => {
  const refusal = httpReply(404, '{"errorCode":"404.001.03","errorMessage":"Invalid Access Token"}')
  let refuseLate = () => {}
  let tokens = 0
  const server = await startScriptedTcp(t, (socket, request) => {
    if (!isPush(request)) socket.end(tokenReply(`token-${++tokens}`))
    else if (!request.includes('Bearer token-1'))
      socket.end(httpReply(200, '{"MerchantRequestID":"m","CheckoutRequestID":"c","ResponseCode":"0"}'))
    else if (request.includes('SLOW')) refuseLate = () => socket.end(refusal)
    else socket.end(refusal)
  })
  const { client } = openClient({ baseUrl: server.url })
  const slow = client.push({ ...anyOrder, accountReference: 'SLOW' }, signal())
  while (!server.heard.some((request) => request.includes('SLOW'))) await server.whenHeard()
  assert.equal((await client.push(anyOrder, signal())).outcome, 'accepted')
  refuseLate()
  assert.equal((await slow).outcome, 'accepted')
  assert.equal(tokens, 2)
})

test('a new token that is refused as well ends the trying after two', async (t) => {
  const server = await startScriptedTcp(t, (socket, request, number) => {
    if (isPush(request)) socket.end(httpReply(404, '{"errorCode":"404.001.03","errorMessage":"Invalid Access Token"}'))
    else socket.end(tokenReply(`token-${number}`))
  })
  const { client } = openClient({ baseUrl: server.url })
  const answer = await client.push(anyOrder, signal())
  assert.ok(answer.outcome === 'refused' && answer.alarm)
  const pushes = server.heard.filter(isPush)
  assert.deepEqual(
    pushes.map((request) => /Bearer (\S+)/i.exec(request)?.[1]),
    ['token-0', 'token-2'],
  )
})

const tokenReplies: [story: string, reply: string, outcome: 'unsent' | 'refused' | 'accepted'][] = [
  ['expires_in as a number', httpReply(200, '{"access_token":"abc","expires_in":3599}'), 'accepted'],
  ['no expires_in', httpReply(200, '{"access_token":"abc"}'), 'accepted'],
  ['nonsense for expires_in', httpReply(200, '{"access_token":"abc","expires_in":"soon"}'), 'accepted'],
  ['a token that fits no header', httpReply(200, '{"access_token":"a\\nb","expires_in":3599}'), 'unsent'],
  ['an empty token', httpReply(200, '{"access_token":"","expires_in":3599}'), 'unsent'],
  ['an empty 200', httpReply(200, ''), 'unsent'],
  ['a page', httpReply(200, '<html>Welcome</html>', 'text/html'), 'unsent'],
  ['503 and a page', httpReply(503, '<html>Service Unavailable</html>', 'text/html'), 'unsent'],
  ['429', httpReply(429, ''), 'unsent'],
  ['an empty 400', httpReply(400, ''), 'refused'],
  [
    'wrong keys',
    httpReply(400, '{"errorCode":"400.008.01","errorMessage":"Invalid Authentication passed"}'),
    'refused',
  ],
]
for (const [story, reply, outcome] of tokenReplies) {
  test(`a token reply with ${story} makes the push ${outcome}`, async (t) => {
    const server = await startScriptedTcp(t, (socket, request) => {
      if (isPush(request))
        socket.end(httpReply(200, '{"MerchantRequestID":"m","CheckoutRequestID":"c","ResponseCode":"0"}'))
      else socket.end(reply)
    })
    const { client } = openClient({ baseUrl: server.url })
    assert.equal((await client.push(anyOrder, signal())).outcome, outcome)
    assert.equal(server.heard.filter(isPush).length, outcome === 'accepted' ? 1 : 0)
  })
}

test('the signature is made in Nairobi time and fits its timestamp', async (t) => {
  const server = await startScriptedTcp(t, (socket, request) =>
    socket.end(isPush(request) ? httpReply(500, '') : tokenReply()),
  )
  const clock = new SteppedClock()
  const { client } = openClient({ baseUrl: server.url }, clock)
  await client.push(anyOrder, signal())
  const body = JSON.parse(server.heard.find(isPush)?.split('\r\n\r\n')[1] ?? '')
  // 1 800 000 000 s after 1970 is 08:00 UTC on 15 January 2027.
  assert.equal(body.Timestamp, '20270115110000')
  assert.equal(Buffer.from(body.Password, 'base64').toString(), `174379the-passkey${body.Timestamp}`)
})
