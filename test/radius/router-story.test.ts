import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { openRadiusHouse, PHONE, SECRET, USER } from './radius-house.ts'

async function setup(t: TestContext) {
  const house = await openRadiusHouse(t, { verdict: { totalLimitBytes: 5_000_000_000, rateLimit: '1000k/4000k' } })
  const router = await startRouterSimulator({ version: '7.20.8' })
  t.after(() => router.stop())
  router.setRadius({ authPort: house.server.authPort, acctPort: house.server.acctPort, secret: SECRET })
  router.join(PHONE)
  return { ...house, router }
}

test('a phone logs in by the router, with what is left of its grant, and the session is accounted', async (t) => {
  const { router, records, server } = await setup(t)
  assert.deepEqual(await router.logInByForm(PHONE, USER), { ok: true })
  const [session] = router.active()
  assert.equal(session?.sessionTimeoutSeconds, 3600)
  assert.equal(session?.totalLimitBytes, 5_000_000_000)
  assert.equal(session?.rateLimit, '1000k/4000k')

  router.traffic(PHONE, { inputBytes: 4_294_967_296 + 10, outputBytes: 20 })
  await router.sendInterim(PHONE)
  const interim = records.find(({ status }) => status === 'interim')
  assert.equal(interim?.routerId, 7)
  assert.equal(interim?.username, USER.username)
  assert.equal(interim?.classToken, 'grant.token')
  assert.equal(interim?.macAddress, PHONE)
  assert.equal(interim?.acctSessionId, session?.sessionId)
  assert.equal(interim?.framedIpAddress, session?.ipAddress)
  assert.equal(interim?.inputBytes, 4_294_967_306)
  assert.equal(interim?.outputBytes, 20)
  assert.equal(server.counters.accepted, 1)
})

test('a wrong code is rejected in words that the customer reads', async (t) => {
  const { router } = await setup(t)
  const result = await router.logInByForm(PHONE, { ...USER, password: 'wrong' })
  assert.equal(result.ok, false)
  assert.match(JSON.stringify(result), /Wrong code/)
})

test('the router ends the session that it is asked to end', async (t) => {
  const { router, nas } = await setup(t)
  await router.logInByForm(PHONE, USER)
  const [session] = router.active()
  const order = {
    nas: { ...nas, coaPort: router.coaPort },
    username: USER.username,
    acctSessionId: session?.sessionId ?? '',
    framedIpAddress: session?.ipAddress,
    macAddress: PHONE,
  }
  const { signal } = new AbortController()
  assert.deepEqual(await disconnect(order, { signal }), { outcome: 'disconnected' })
  assert.equal(router.isOnline(PHONE), false)
  assert.deepEqual(await disconnect(order, { signal }), { outcome: 'already-gone' })
})
