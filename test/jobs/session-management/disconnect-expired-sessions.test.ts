import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHotspotUser } from '../../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import { logInAgain } from '../../../jobs/hotspot-provisioning/log-in-again.ts'
import { provisionRouter } from '../../../jobs/router-provisioning/provision-router.ts'
import { applyAccessTerms } from '../../../jobs/session-management/apply-access-terms.ts'
import { confirmSessionEnd } from '../../../jobs/session-management/confirm-session-end.ts'
import { disconnectExpiredSessions } from '../../../jobs/session-management/disconnect-expired-sessions.ts'
import { revokeGrant } from '../../../src/access/end-grant.ts'
import { followClockStep } from '../../../src/access/follow-clock.ts'
import { continueGrant, pauseGrant } from '../../../src/access/pause.ts'
import { done, unasked } from '../../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../../src/flow/queue-commands.ts'
import { openStay } from '../../access/stay.ts'
import { MAC } from '../../billing/purchase.ts'
import { connectRaw, rows } from '../../simulators/router/raw-api-client.ts'
import { API_PASSWORD, type JobHouse, openJobHouse, RADIUS_SECRET } from '../job-house.ts'

const RADIUS_THAT_IS_NOT_ASKED = { host: '127.0.0.1', authPort: 9, acctPort: 9, secret: RADIUS_SECRET }

/** A customer who is online at a router that knows its users itself. */
async function openLocalStay(house: JobHouse) {
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  simulator.join(MAC)
  const stay = openStay(house, { routerId })
  assert.deepEqual((await house.runJob(createHotspotUser, { grantId: stay.grantId })).kind, 'done')
  assert.equal(simulator.isOnline(MAC), true)
  return { ...stay, routerId, simulator }
}

async function usersOf(simulator: { host: string; apiPort: number }): Promise<string[]> {
  const client = await connectRaw(simulator.apiPort, simulator.host)
  await client.ask('/login', '=name=mlango', `=password=${API_PASSWORD}`)
  const users = rows(await client.ask('/ip/hotspot/user/print'))
  client.close()
  return users.flatMap(({ name }) => name ?? [])
}

test('when a grant ends, its user leaves the router and the phone is off, although no session was reported', async (t) => {
  const house = openJobHouse(t)
  const { grantId, grant, simulator } = await openLocalStay(house)
  assert.deepEqual(house.rows('SELECT * FROM sessions'), [])
  house.run(revokeGrant, { grantId })
  assert.deepEqual(await house.runJob(disconnectExpiredSessions, { grantId }), done())
  assert.equal(simulator.isOnline(MAC), false)
  assert.equal((await usersOf(simulator)).includes(grant().username), false)
  const again = await simulator.logInByForm(MAC, { username: grant().username, password: grant().password })
  assert.equal(again.ok, false)
})

test('while a grant is paused the router knows no user of it, whatever runs meanwhile, and has it again when it goes on', async (t) => {
  const house = openJobHouse(t)
  const { grantId, grant, routerId, simulator } = await openLocalStay(house)
  const { username, password } = grant()
  house.run(pauseGrant, { grantId, byOperator: true })
  await house.runJob(disconnectExpiredSessions, { grantId })
  await house.runJob(createHotspotUser, { grantId })
  await house.runJob(provisionRouter, { routerId, why: 'daily', dryRun: false })
  assert.equal((await usersOf(simulator)).includes(username), false)
  assert.equal((await simulator.logInByForm(MAC, { username, password })).ok, false)
  house.run(continueGrant, { grantId, byOperator: true })
  await house.runJob(createHotspotUser, { grantId })
  assert.ok((await usersOf(simulator)).includes(username))
})

test('ending a grant twice is as good as once', async (t) => {
  const house = openJobHouse(t)
  const { grantId } = await openLocalStay(house)
  house.run(revokeGrant, { grantId })
  await house.runJob(disconnectExpiredSessions, { grantId })
  assert.equal((await house.runJob(disconnectExpiredSessions, { grantId })).kind, 'done')
})

test('an operator’s kick leaves the user of a running grant on the router', async (t) => {
  const house = openJobHouse(t)
  const { grantId, grant, simulator } = await openLocalStay(house)
  await house.runJob(disconnectExpiredSessions, { grantId, asked: true })
  assert.equal(simulator.isOnline(MAC), false)
  assert.ok((await usersOf(simulator)).includes(grant().username))
})

test('who has the right to be online again when the router hears of its end stays online', async (t) => {
  const house = openJobHouse(t)
  for (const open of [openLocalStay, openRadiusStay]) {
    const { grantId, simulator } = await open(house)
    house.run(pauseGrant, { grantId, byOperator: true })
    house.run(continueGrant, { grantId, byOperator: true })
    assert.deepEqual(await house.runJob(disconnectExpiredSessions, { grantId }), unasked(done()))
    assert.equal(simulator.isOnline(MAC), true)
  }
})

test('an operator’s kick does not wait for a disconnect that waits for its router', (t) => {
  const house = openJobHouse(t)
  const { grantId } = openStay(house)
  for (const order of [{}, { asked: true }, {}])
    house.run(enqueueJob, { name: 'disconnect-expired-sessions', payload: { grantId, ...order } })
  assert.equal(house.jobs('disconnect-expired-sessions').length, 2)
})

test('a user of the same name that somebody else wrote stays', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  const { grantId, grant } = openStay(house, { routerId })
  const operator = await connectRaw(simulator.apiPort, simulator.host)
  await operator.ask('/login', '=name=mlango', `=password=${API_PASSWORD}`)
  await operator.ask('/ip/hotspot/user/add', `=name=${grant().username}`, '=comment=the owner')
  operator.close()
  house.run(revokeGrant, { grantId })
  assert.equal((await house.runJob(disconnectExpiredSessions, { grantId })).kind, 'done')
  assert.ok((await usersOf(simulator)).includes(grant().username))
})

test('a grant that ends while its user is being written leaves no user behind', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  const { grantId, grant } = openStay(house, { routerId })
  const { gate } = house.services
  const ensureUser: typeof gate.ensureUser = async (...order) => {
    const written = await gate.ensureUser(...order)
    house.run(revokeGrant, { grantId })
    return written
  }
  house.services.gate = { ...gate, ensureUser }
  assert.equal((await house.runJob(createHotspotUser, { grantId })).kind, 'done')
  assert.equal((await usersOf(simulator)).includes(grant().username), false)
})

/** A customer whose session RADIUS knows, at a router that takes Disconnect-Requests. */
async function openRadiusStay(house: JobHouse) {
  const { routerId, simulator } = await house.openRouter({}, { radius: RADIUS_THAT_IS_NOT_ASKED })
  simulator.faults.phonesSilent = true
  simulator.join(MAC)
  const stay = openStay(house, { routerId })
  const operator = await connectRaw(simulator.apiPort, simulator.host)
  await operator.ask('/login', '=name=mlango', `=password=${API_PASSWORD}`)
  const { username, password } = stay.grant()
  await operator.ask('/ip/hotspot/user/add', `=name=${username}`, `=password=${password}`)
  const logIn = async () => {
    assert.deepEqual(await simulator.logInByForm(MAC, { username, password }), { ok: true })
    const [session] = simulator.active()
    stay.account({
      status: 'start',
      acctSessionId: session?.sessionId ?? '',
      framedIpAddress: session?.ipAddress ?? '',
    })
  }
  await logIn()
  const hosts = async () => rows(await operator.ask('/ip/hotspot/host/print')).map((host) => host['.id'])
  const cookies = async () => rows(await operator.ask('/ip/hotspot/cookie/print'))
  house.services.changeSession = async () => ({ outcome: 'refused' })
  return { ...stay, simulator, hosts, cookies, logIn, close: () => operator.close() }
}

test('a session that RADIUS has ended leaves neither cookie nor host row behind', async (t) => {
  const house = openJobHouse(t)
  const { grantId, simulator, hosts, cookies, close } = await openRadiusStay(house)
  house.run(revokeGrant, { grantId })
  assert.deepEqual(await house.runJob(disconnectExpiredSessions, { grantId }), done())
  assert.deepEqual(
    simulator.kicks.map(({ by }) => by),
    ['disconnect-request'],
  )
  assert.deepEqual([await hosts(), await cookies()], [[], []])
  close()
})

test('a session that RADIUS has ended is over, whatever the API says of what is left', async (t) => {
  const house = openJobHouse(t)
  const { grantId, simulator, close } = await openRadiusStay(house)
  close()
  simulator.faults.apiDown = true
  house.run(revokeGrant, { grantId })
  assert.deepEqual(await house.runJob(disconnectExpiredSessions, { grantId }), done())
  assert.equal(simulator.isOnline(MAC), false)
  assert.equal(house.facts('session.expired').length, 1)
})

for (const deaf of [false, true]) {
  test(`new terms are brought by a new login, for which the phone keeps its host row, ${deaf ? 'by the API' : 'by RADIUS'}`, async (t) => {
    const house = openJobHouse(t)
    const { grantId, simulator, hosts, close } = await openRadiusStay(house)
    simulator.faults.disconnectDeaf = deaf
    const before = await hosts()
    const outcome = await house.runJob(applyAccessTerms, { grantId, needsNewLogin: true })
    assert.deepEqual(outcome, done())
    assert.equal(simulator.isOnline(MAC), false)
    assert.deepEqual(await hosts(), before)
    const [order] = house.jobs('log-in-again')
    await house.runJob(logInAgain, JSON.parse(order?.payload ?? ''))
    assert.equal(simulator.isOnline(MAC), true)
    assert.deepEqual(await hosts(), before)
    close()
  })
}

test('who is sent round for new terms is let in again, though the clock is set meanwhile', async (t) => {
  const house = openJobHouse(t)
  const { grantId, simulator, close, account, sessions } = await openRadiusStay(house)
  await house.runJob(applyAccessTerms, { grantId, needsNewLogin: true })
  account({ status: 'stop', acctSessionId: sessions()[0]?.acct_session_id ?? '' })
  const byMs = 3_600_000
  house.run(followClockStep, { byMs })
  house.clock.step(byMs)
  const [order] = house.jobs('log-in-again')
  await house.runJob(logInAgain, JSON.parse(order?.payload ?? ''))
  assert.equal(simulator.isOnline(MAC), true)
  close()
})

test('who is kicked and goes on at once is logged in as soon as the router hears of the phone', async (t) => {
  const house = openJobHouse(t)
  const { grantId, simulator, hosts, close } = await openRadiusStay(house)
  house.run(pauseGrant, { grantId, byOperator: true })
  await house.runJob(disconnectExpiredSessions, { grantId })
  assert.deepEqual(await hosts(), [])
  house.run(continueGrant, { grantId, byOperator: true })
  assert.deepEqual(await house.runJob(createHotspotUser, { grantId }), { kind: 'snooze', delayMs: 1_000, effects: [] })
  simulator.sendPacket(MAC)
  assert.equal((await house.runJob(createHotspotUser, { grantId })).kind, 'done')
  assert.equal(simulator.isOnline(MAC), true)
  close()
})

test('a session that follows one that has ended by itself is left alone', async (t) => {
  const house = openJobHouse(t)
  const { simulator, sessions, logIn, close } = await openRadiusStay(house)
  simulator.leave(MAC)
  simulator.join(MAC)
  await simulator.whenOnline(MAC)
  await logIn()
  const [first] = house.rows<{ id: number }>('SELECT id FROM sessions ORDER BY id')
  house.db.prepare('UPDATE sessions SET stopped_at_ms = NULL WHERE id = ?').run(first?.id)
  await house.runJob(confirmSessionEnd, { sessionId: first?.id ?? 0 })
  assert.equal(simulator.isOnline(MAC), true)
  assert.equal(sessions().length, 2)
  close()
})

test('a router that forbids it makes a try that counts, with the reason', async (t) => {
  const house = openJobHouse(t)
  const { routerId } = await house.openRouter({ accessMode: 'local', apiPassword: 'another-password' })
  const { grantId } = openStay(house, { routerId })
  house.run(revokeGrant, { grantId })
  const outcome = await house.runJob(disconnectExpiredSessions, { grantId })
  assert.ok(outcome.kind === 'retry')
  assert.match(outcome.reason, /^router .*: .*refused our login/)
})

test('a router that is away costs no try, and keeps no other router waiting', async (t) => {
  const house = openJobHouse(t)
  const away = await house.openRouter()
  const there = await house.openRouter()
  const { grantId, account } = openStay(house, { routerId: away.routerId })
  account({ status: 'start' })
  account({ status: 'start', routerId: there.routerId, acctSessionId: '80000002' })
  away.simulator.faults.apiDown = true
  away.simulator.faults.disconnectDeaf = true
  house.run(revokeGrant, { grantId })
  const outcome = await house.runJob(disconnectExpiredSessions, { grantId })
  assert.equal(outcome.kind, 'offline')
  const open = house.rows<{ router_id: number }>('SELECT router_id FROM sessions WHERE stopped_at_ms IS NULL')
  assert.deepEqual(open, [{ router_id: away.routerId }])
})
