import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeTerms } from '../../src/access/network-terms.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { sealAccounting } from '../../src/simulators/router/nas/authenticity.ts'
import { integer, text } from '../../src/simulators/router/nas/packet.ts'
import { accessRequest, PHONE as NAS_PHONE, openPlug, SECRET } from './radius-house.ts'
import { INTERIM_SECONDS, openSiteInOne } from './site-in-one.ts'

const PHONE = '02:00:00:00:00:01'
const OTHER = '02:00:00:00:00:02'
const GB = 1_000_000_000

test('a voucher typed on the router’s own login page starts its time then, and comes back by cookie', async (t) => {
  const { router, voucher, rooms, clock } = await openSiteInOne(t)
  const code = voucher()
  router.join(PHONE)
  assert.deepEqual(await router.logInByForm(PHONE, { username: code, password: code }), { ok: true })
  assert.equal(router.active()[0]?.sessionTimeoutSeconds, 3600)
  assert.equal(rooms.facts('voucher.redeemed').length, 1)
  clock.step(600_000)
  router.leave(PHONE)
  router.join(PHONE)
  await router.whenOnline(PHONE)
  assert.equal(router.active()[0]?.sessionTimeoutSeconds, 3000)
  assert.equal(rooms.facts('voucher.redeemed').length, 1)
})

test('a voucher counts as used by the session of a NAS that returns no Class', async (t) => {
  const { voucher, rooms, server } = await openSiteInOne(t)
  const code = voucher()
  const login = await openPlug(t, server.authPort)
  assert.equal((await login.ask(accessRequest({ username: code, password: code }))).code, 2)
  const plug = await openPlug(t, server.acctPort)
  const interim = [integer(40, 3), text(1, code), text(44, '0001'), text(31, NAS_PHONE), integer(42, 7)]
  await plug.ask(sealAccounting(4, 1, interim, SECRET))
  assert.equal(rooms.value("SELECT used_bytes FROM grants WHERE source = 'voucher'"), 7)
})

test('a second phone is refused in plain words while the first is online, and let in when that has left', async (t) => {
  const { router, stay } = await openSiteInOne(t)
  const { username, password } = stay.grant()
  for (const phone of [PHONE, OTHER]) router.join(phone)
  assert.deepEqual(await router.logInByForm(PHONE, { username, password }), { ok: true })
  await router.sendInterim(PHONE)
  const refused = await router.logInByForm(OTHER, { username, password })
  assert.match(refused.ok ? '' : refused.error, /in use on another device/)
  router.leave(PHONE)
  await waitFor(() => stay.sessions()[0]?.stopped_at_ms !== null)
  assert.deepEqual(await router.logInByForm(OTHER, { username, password }), { ok: true })
})

test('at the fair-use cap the open session goes on more slowly', async (t) => {
  const terms = { downKbps: 8000, upKbps: 2000, terms: { fairUseBytes: GB, fairUseDownKbps: 512, fairUseUpKbps: 256 } }
  const { router, stay, workAll } = await openSiteInOne(t, { terms })
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  assert.equal(router.active()[0]?.rateLimit, '2000k/8000k')
  router.traffic(PHONE, { inputBytes: 0, outputBytes: GB })
  await router.sendInterim(PHONE)
  await workAll('apply-access-terms')
  assert.equal(router.active()[0]?.rateLimit, '256k/512k')
  assert.equal(router.isOnline(PHONE), true)
})

test('new terms reach who is online at a router that hears no RADIUS, or does not know our names, by a new login of each device', async (t) => {
  const { router, stay, rooms, sessions, workAll } = await openSiteInOne(t, { terms: { deviceLimit: 2 } })
  for (const phone of [PHONE, OTHER]) {
    router.join(phone)
    await router.logInByForm(phone, stay.grant())
  }
  await router.sendInterim()
  const goFaster = async (downKbps: number) => {
    rooms.db.prepare('UPDATE grants SET up_kbps = 1000, down_kbps = ?').run(downKbps)
    rooms.run(enqueueJob, { name: 'apply-access-terms', payload: { grantId: stay.grantId, needsNewLogin: false } })
    await workAll('apply-access-terms')
    await workAll('log-in-again')
    assert.deepEqual(
      router.active().map(({ rateLimit }) => rateLimit),
      Array(2).fill(`1000k/${downKbps}k`),
    )
  }
  router.faults.disconnectDeaf = true
  await goFaster(4000)
  assert.deepEqual(
    sessions().map(({ end_outcome }) => end_outcome),
    ['kicked', 'kicked', null, null],
  )
  router.faults.disconnectDeaf = false
  rooms.db.prepare("UPDATE sessions SET acct_session_id = acct_session_id || '0'").run()
  await goFaster(5000)
})

test('who is to go goes although the router says by RADIUS that it knows no such session', async (t) => {
  const { router, stay, rooms, sessions, work } = await openSiteInOne(t)
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  await router.sendInterim()
  rooms.db.prepare("UPDATE sessions SET acct_session_id = acct_session_id || '0'").run()
  await work('disconnect-expired-sessions', { grantId: stay.grantId, asked: true })
  assert.equal(router.isOnline(PHONE), false)
  assert.equal(sessions()[0]?.end_outcome, 'kicked')
})

test('terms that a router cannot change while the customer is online make them log in anew', async (t) => {
  const { router, stay, rooms, work, sessions } = await openSiteInOne(t)
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  await router.sendInterim(PHONE)
  writeTerms(rooms.db, stay.grantId, { addressList: 'paid' })
  await work('apply-access-terms', { grantId: stay.grantId, needsNewLogin: true })
  assert.equal(router.isOnline(PHONE), false)
  assert.equal(sessions()[0]?.end_outcome, 'disconnected')
})

test('data that runs out between two updates ends the session when it does: the router is asked', async (t) => {
  const { router, stay, rooms, clock, workAll } = await openSiteInOne(t, {
    terms: { dataLimitBytes: 10 * GB, deviceLimit: 2 },
  })
  router.join(PHONE)
  router.join(OTHER)
  await router.logInByForm(PHONE, stay.grant())
  await router.logInByForm(OTHER, stay.grant())
  for (const part of [4, 4]) {
    router.traffic(PHONE, { inputBytes: 0, outputBytes: part * GB })
    clock.step(INTERIM_SECONDS * 1000)
    await router.sendInterim()
  }
  const [look] = rooms.jobs('check-usage')
  assert.equal(look?.run_at_ms, clock.nowMs() + 150_000)
  clock.step(150_000)
  router.traffic(OTHER, { inputBytes: 0, outputBytes: 2 * GB })
  await workAll('check-usage')
  assert.equal(stay.grant().endReason, 'data-used')
  await workAll('disconnect-expired-sessions')
  assert.deepEqual([router.isOnline(PHONE), router.isOnline(OTHER)], [false, false])
})

test('who buys more data stays online past the limit that the router was told at the login', async (t) => {
  const { router, stay, rooms, workAll } = await openSiteInOne(t, {
    terms: { source: 'payment', phoneNumber: '254712345678', macAddress: PHONE, dataLimitBytes: GB, deviceLimit: 2 },
  })
  for (const phone of [PHONE, OTHER]) {
    router.join(phone)
    await router.logInByForm(phone, stay.grant())
  }
  router.traffic(OTHER, { inputBytes: 0, outputBytes: 0.9 * GB })
  await router.sendInterim()
  rooms.run(openGrant, { ...stay.order, sourceId: 'again', grantId: crypto.randomUUID() })
  await workAll('apply-access-terms')
  assert.equal(router.isOnline(OTHER), true)
  router.traffic(OTHER, { inputBytes: 0, outputBytes: 0.1 * GB })
  await waitFor(() => rooms.jobs('log-in-again').length === 1)
  assert.equal(router.isOnline(OTHER), false)
  await workAll('log-in-again')
  assert.equal(router.active().find(({ macAddress }) => macAddress === OTHER)?.totalLimitBytes, GB)
  assert.equal(router.isOnline(PHONE), true)
})

test('who logs out, or has used up what there is, is not logged in again', async (t) => {
  const { router, stay, rooms } = await openSiteInOne(t, { terms: { dataLimitBytes: GB, macAddress: PHONE } })
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  router.leave(PHONE)
  await waitFor(() => stay.sessions()[0]?.stopped_at_ms !== null)
  router.join(PHONE)
  await router.whenOnline(PHONE)
  router.traffic(PHONE, { inputBytes: 0, outputBytes: GB })
  await waitFor(() => stay.grant().endReason === 'data-used')
  assert.equal(stay.sessions().at(-1)?.stop_reason, 'router: Session-Timeout')
  assert.deepEqual(rooms.jobs('log-in-again'), [])
})

test('a session whose updates stopped is closed when the router does not know it, and counted on when it does', async (t) => {
  const { router, stay, clock, work } = await openSiteInOne(t, { terms: { deviceLimit: 2 } })
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  await router.sendInterim(PHONE)
  stay.account({ status: 'start', macAddress: OTHER, classToken: `${stay.grantId}.lost` })
  clock.step(INTERIM_SECONDS * 4_000)
  router.traffic(PHONE, { inputBytes: 7, outputBytes: 9 })
  await work('sync-radius-accounting', {})
  const [online, lost] = stay.sessions()
  assert.deepEqual([online?.stop_reason, online?.input_bytes], [null, 7])
  assert.equal(lost?.stop_reason, 'no word from the router')
  assert.equal(stay.grant().usedBytes, 16)
})

test('when the router cannot be asked either, silence ends the session, and its next word opens it again', async (t) => {
  const { router, stay, clock, work, server } = await openSiteInOne(t)
  await router.stop()
  stay.account({ status: 'start' })
  clock.step(INTERIM_SECONDS * 4_000)
  await work('sync-radius-accounting', {})
  assert.equal(stay.sessions()[0]?.stop_reason, 'no word from the router')
  stay.account({ status: 'interim', inputBytes: 5 })
  assert.equal(stay.sessions()[0]?.stop_reason, null)
  assert.equal(server.counters.failed, 0)
})

test('a router that said it ended a session and never reported the stop is asked once more', async (t) => {
  const { router, stay, rooms, work, workAll, sessions } = await openSiteInOne(t)
  router.join(PHONE)
  await router.logInByForm(PHONE, stay.grant())
  await router.sendInterim(PHONE)
  router.setRadius({ authPort: 1, acctPort: 1, secret: 'a-radius-secret' })
  await work('disconnect-expired-sessions', { grantId: stay.grantId, asked: true })
  assert.deepEqual([sessions()[0]?.end_outcome, sessions()[0]?.stop_reason], ['disconnected', null])
  assert.equal(rooms.jobs('confirm-session-end').length, 1)
  await workAll('confirm-session-end')
  assert.deepEqual([sessions()[0]?.end_outcome, sessions()[0]?.stop_reason], ['already-gone', 'already-gone'])
})

/** What a router tells by itself comes a moment later. */
async function waitFor(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
