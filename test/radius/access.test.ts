import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MIKROTIK } from '../../src/simulators/router/nas/attributes.ts'
import { integerOf, ofVendor, textOf, valuesOf } from '../../src/simulators/router/nas/packet.ts'
import { accessRequest, openPlug, openRadiusHouse, PHONE, USER } from './radius-house.ts'

const [ACCEPT, REJECT] = [2, 3]

test('the right password is accepted by PAP, and by CHAP with and without a challenge of its own', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  for (const method of ['pap', 'chap', 'chap-without-challenge'] as const) {
    assert.equal((await plug.ask(accessRequest({ method }))).code, ACCEPT, method)
    assert.equal((await plug.ask(accessRequest({ method, password: 'open sesamE' }))).code, REJECT, method)
  }
  assert.equal(logins[0]?.username, USER.username)
  assert.equal(logins[0]?.macAddress, PHONE)
})

test('an accept says what is left of the grant', async (t) => {
  const house = { verdict: { totalLimitBytes: 9_000_000_000, rateLimit: '512k/2048k' } }
  const { server } = await openRadiusHouse(t, house)
  const plug = await openPlug(t, server.authPort)
  const accept = await plug.ask(accessRequest())
  assert.equal(integerOf(accept.attributes, 27), 3600)
  assert.equal(integerOf(accept.attributes, 62), 2)
  assert.equal(integerOf(accept.attributes, 85), 300)
  assert.equal(textOf(accept.attributes, 25), 'grant.token')
  const mikrotik = ofVendor(accept, MIKROTIK.vendor)
  assert.equal(textOf(mikrotik, MIKROTIK.rateLimit), '512k/2048k')
  const low = integerOf(mikrotik, MIKROTIK.totalLimit) ?? 0
  assert.equal((integerOf(mikrotik, MIKROTIK.totalLimitGigawords) ?? 0) * 2 ** 32 + low, 9_000_000_000)
})

test('a limit is never sent as 0, which a router may take for none', async (t) => {
  const { server } = await openRadiusHouse(t, { verdict: { totalLimitBytes: 2 ** 33 } })
  const plug = await openPlug(t, server.authPort)
  const mikrotik = ofVendor(await plug.ask(accessRequest()), MIKROTIK.vendor)
  assert.equal(integerOf(mikrotik, MIKROTIK.totalLimit), 2 ** 32 - 1)
  assert.equal(integerOf(mikrotik, MIKROTIK.totalLimitGigawords), 1)
})

test('a reject carries its message and nothing else of ours', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const reject = await plug.ask(accessRequest({ password: 'wrong' }))
  assert.deepEqual(
    reject.attributes.map(({ type }) => type),
    [80, 18],
  )
  assert.equal(textOf(reject.attributes, 18), 'Wrong code. Check it and try again.')
})

test('passwords are octets: what is not UTF-8, padded, or longer than a block is told apart', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  for (const password of ['open sesame\0x', 'open', 'open sesame open sesame', '', '\ufffd']) {
    assert.equal((await plug.ask(accessRequest({ password }))).code, REJECT, JSON.stringify(password))
  }
  assert.equal((await plug.ask(accessRequest({ password: `${USER.password}\0\0\0\0\0\0\0\0` }))).code, ACCEPT)
})

test('without a password, with two of them, or with one that has no right form, nobody is even asked', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const requests = [
    accessRequest({ method: 'none' }),
    accessRequest({ method: 'none', more: [{ type: 2, value: Buffer.alloc(17) }] }),
    accessRequest({ method: 'none', more: [{ type: 3, value: Buffer.alloc(16) }] }),
    accessRequest({ method: 'pap', more: [{ type: 3, value: Buffer.alloc(17) }] }),
  ]
  for (const request of requests) assert.equal((await plug.ask(request)).code, REJECT)
  assert.equal(logins.length, 0)
})

test('every Proxy-State goes back, in its order', async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const states = ['one', 'two', '', 'one'].map((state) => ({ type: 33, value: Buffer.from(state) }))
  for (const password of [USER.password, 'wrong']) {
    const reply = await plug.ask(accessRequest({ password, more: states }))
    assert.deepEqual(valuesOf(reply.attributes, 33).map(String), ['one', 'two', '', 'one'])
    assert.equal(reply.attributes[0]?.type, 80)
  }
})

test('what the access room breaks on is not answered, and the next one is', async (t) => {
  const { server, hands } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const { authorize } = hands
  hands.authorize = () => {
    throw new Error('the database is gone')
  }
  const request = accessRequest()
  assert.equal(await plug.isSilent(request), true)
  assert.equal(server.counters.failed, 1)
  hands.authorize = authorize
  assert.equal((await plug.ask(request)).code, ACCEPT)
})

test('EAP is refused in its own words', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const identity = { type: 79, value: Buffer.from('0242000a01616c696365', 'hex') }
  const reject = await plug.ask(accessRequest({ method: 'none', more: [identity] }))
  assert.equal(reject.code, REJECT)
  assert.deepEqual(
    reject.attributes.map(({ type }) => type),
    [80, 79],
  )
  assert.equal(reject.attributes[1]?.value.toString('hex'), '04420004')
  assert.equal(logins.length, 0)
})

test('an accept carries the terms of a PPPoE line, and only those that there are', async (t) => {
  const verdict = {
    idleTimeoutSeconds: 600,
    framedIpAddress: '10.9.0.7',
    framedPool: 'homes',
    routerGroup: 'walled',
    addressList: 'paid',
  }
  const { server } = await openRadiusHouse(t, { verdict })
  const plug = await openPlug(t, server.authPort)
  const accept = await plug.ask(accessRequest())
  assert.equal(integerOf(accept.attributes, 28), 600)
  assert.deepEqual([...(valuesOf(accept.attributes, 8)[0] ?? [])], [10, 9, 0, 7])
  assert.equal(textOf(accept.attributes, 88), 'homes')
  assert.equal(textOf(ofVendor(accept, MIKROTIK.vendor), 3), 'walled')
  assert.equal(textOf(ofVendor(accept, MIKROTIK.vendor), 19), 'paid')
})

test('a yes that has to wait for the disk is given after it, and a resend meanwhile asks nobody again', async (t) => {
  const { server, hands, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const written = Promise.withResolvers<void>()
  const { authorize } = hands
  hands.authorize = async (login) => {
    await written.promise
    return authorize(login)
  }
  const request = accessRequest()
  assert.equal(await plug.isSilent(request, request), true)
  assert.equal(server.counters.inProgress, 1)
  written.resolve()
  const answer = await plug.whenReplies(plug.replies.length + 1)
  assert.deepEqual([answer[0], answer[1]], [ACCEPT, request[1]])
  assert.equal(logins.length, 1)
})

test('a reject speaks the language of the site', async (t) => {
  const { server } = await openRadiusHouse(t, { language: 'sw' })
  const plug = await openPlug(t, server.authPort)
  const reject = await plug.ask(accessRequest({ password: 'wrong' }))
  assert.equal(textOf(reject.attributes, 18), 'Msimbo si sahihi. Uangalie kisha ujaribu tena.')
})

test('a password of no octets is an empty one', async (t) => {
  const { server, hands } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  hands.authorize = (login) =>
    login.matches('') ? { outcome: 'reject', refusal: 'unknown-device' } : { outcome: 'reject', refusal: 'wrong-code' }
  const empty = [{ type: 2, value: Buffer.alloc(0) }]
  const reject = await plug.ask(accessRequest({ method: 'none', more: empty }))
  assert.equal(textOf(reject.attributes, 18), 'Enter your code to go online.')
})
