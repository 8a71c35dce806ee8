import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import type { RouterSimulatorOptions } from '../../../src/simulators/router/simulated-router.ts'
import { logIn, rows } from './raw-api-client.ts'
import { int, isAccess, isAccounting, type Reply, SECRET, startScriptedRadius, vendor } from './scripted-radius.ts'
import { SteppedClock } from './stepped-clock.ts'

const PHONE = 'AA:BB:CC:DD:EE:01'
const REJECT: Reply = { code: 3 }

async function setup(t: TestContext, options: Partial<RouterSimulatorOptions> = {}) {
  const radius = await startScriptedRadius()
  t.after(() => radius.stop())
  const clock = new SteppedClock()
  const router = await startRouterSimulator({
    username: 'mlango',
    password: 'pw',
    identity: 'Kiosk',
    clock,
    radius: { host: '127.0.0.1', authPort: radius.port, acctPort: radius.port, secret: SECRET },
    ...options,
  })
  t.after(() => router.stop())
  const api = await logIn(router.apiPort)
  t.after(() => api.close())
  const answerAccess = (reply: Reply | undefined) => {
    radius.answer = (request) => (request.code === 4 ? { code: 5, sign: 'no' } : reply)
  }
  const logInByApi = (username = 'V1', password = 'V1') =>
    api.ask('/ip/hotspot/active/login', `=user=${username}`, `=password=${password}`, '=ip=10.5.50.2')
  return { router, radius, clock, api, answerAccess, logInByApi }
}

test('a waiting phone is let in through the API, with what RADIUS grants', async (t) => {
  const { router, radius, api, answerAccess, logInByApi } = await setup(t)
  answerAccess({
    code: 2,
    attributes: [
      [27, int(3600)],
      [25, Buffer.from('grant-1')],
      [26, vendor(8, Buffer.from('2M/5M'))],
      [26, vendor(17, int(1000))],
      [26, vendor(18, int(1))],
    ],
  })
  assert.deepEqual(router.join('aa-bb-cc-dd-ee-01'), { macAddress: PHONE, ipAddress: '10.5.50.2' })
  const [host] = rows(await api.ask('/ip/hotspot/host/print', `?mac-address=${PHONE}`))
  assert.deepEqual([host?.address, host?.authorized], ['10.5.50.2', 'false'])
  assert.deepEqual(await logInByApi(), [['!done']])

  assert.deepEqual(router.active(), [
    {
      username: 'V1',
      macAddress: PHONE,
      ipAddress: '10.5.50.2',
      sessionId: '80a00001',
      sessionTimeoutSeconds: 3600,
      totalLimitBytes: 2 ** 32 + 1000,
      rateLimit: '2M/5M',
      inputBytes: 0,
      outputBytes: 0,
    },
  ])
  const [active] = rows(await api.ask('/ip/hotspot/active/print', '?user=V1'))
  assert.deepEqual([active?.['.id'], active?.['session-time-left'], active?.radius], ['*0A053202', '1h', 'true'])
  assert.equal(rows(await api.ask('/ip/hotspot/host/print'))[0]?.authorized, 'true')
  const start = await radius.whenHeard(isAccounting(1))
  assert.deepEqual([start.text(25), start.text(44), start.authentic], ['grant-1', '80a00001', true])
  assert.deepEqual(router.logins, [{ macAddress: PHONE, username: 'V1', by: 'api', outcome: 'online' }])
})

test('the Access-Request describes the phone as a MikroTik does, with CHAP and a signature', async (t) => {
  const { router, radius, logInByApi } = await setup(t)
  router.join(PHONE)
  await logInByApi('V1', 'pässword')
  const request = await radius.whenHeard(isAccess)
  assert.equal(request.authentic, true)
  assert.deepEqual(
    [request.text(1), request.text(30), request.text(31), request.text(32), request.text(87), request.text(44)],
    ['V1', 'hotspot1', PHONE, 'Kiosk', 'bridge', '80a00001'],
  )
  assert.deepEqual([...(request.values(8)[0] ?? [])], [10, 5, 50, 2])
  assert.deepEqual([request.number(61), request.number(6), request.values(2)], [19, 1, []])
  const chap = request.values(3)[0] ?? Buffer.alloc(0)
  const challenge = request.values(60)[0] ?? Buffer.alloc(0)
  const expected = createHash('md5').update(chap.subarray(0, 1)).update('pässword').update(challenge).digest()
  assert.deepEqual(chap.subarray(1), expected)
})

test('the form of the router sends the password as PAP, or as CHAP', async (t) => {
  const { router, radius } = await setup(t)
  router.join(PHONE)
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'a password longer than 16' }), {
    ok: true,
  })
  const request = await radius.whenHeard(isAccess)
  assert.equal(request.values(2)[0]?.length, 32)
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1', method: 'chap' }), { ok: true })
  router.join('AA:BB:CC:DD:EE:02')
  await router.logInByForm('AA:BB:CC:DD:EE:02', { username: 'V2', password: 'V2', method: 'chap' })
  assert.equal((await radius.whenHeard(isAccess, 2)).values(3).length, 1)
  assert.deepEqual(
    router.logins.map(({ by, outcome }) => [by, outcome]),
    [
      ['form', 'online'],
      ['form', 'already-online'],
      ['form', 'online'],
    ],
  )
})

test('who is refused stays out and reads why', async (t) => {
  const { router, answerAccess, logInByApi } = await setup(t)
  router.join(PHONE)
  answerAccess(REJECT)
  assert.deepEqual(await logInByApi(), [['!trap', '=message=invalid username or password'], ['!done']])
  answerAccess({ code: 3, attributes: [[18, Buffer.from('This voucher is used up')]] })
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), {
    ok: false,
    error: 'This voucher is used up',
  })
  assert.equal(router.isOnline(PHONE), false)
  assert.deepEqual(
    router.logins.map(({ outcome }) => outcome),
    ['rejected', 'rejected'],
  )
})

test('a login of an unknown address, a wrong phone or one already in is refused', async (t) => {
  const { router, api, logInByApi } = await setup(t)
  assert.deepEqual((await logInByApi())[0], ['!trap', '=message=unknown host IP 10.5.50.2'])
  router.join(PHONE)
  const wrong = await api.ask('/ip/hotspot/active/login', '=user=V1', '=ip=10.5.50.2', '=mac-address=AA:BB:CC:DD:EE:99')
  assert.equal(wrong[0]?.at(-1), '=message=wrong MAC provided')
  await logInByApi()
  assert.equal((await logInByApi())[0]?.at(-1), '=message=IP 10.5.50.2 is already logged in')
  assert.deepEqual(
    router.logins.map(({ outcome }) => outcome),
    ['online', 'already-online'],
  )
})

test('two logins at once let the phone in once', async (t) => {
  const { router, radius, logInByApi } = await setup(t)
  router.join(PHONE)
  const [form, api] = await Promise.all([router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), logInByApi()])
  const inside = [form.ok, api[0]?.[0] === '!done'].filter((ok) => ok)
  assert.equal(inside.length, 1)
  assert.equal(radius.heard.filter(isAccess).length, 1)
})

test('a local user is never asked about at the RADIUS server', async (t) => {
  const { router, radius, api, clock, logInByApi } = await setup(t)
  const add = ['/ip/hotspot/user/add', '=name=juma', '=password=p', '=limit-uptime=1h', '=limit-bytes-total=1000']
  await api.ask(...add)
  router.join(PHONE)
  assert.equal((await logInByApi('juma', 'wrong'))[0]?.at(-1), '=message=invalid username or password')
  await logInByApi('juma', 'p')
  assert.equal(router.active()[0]?.sessionTimeoutSeconds, 3600)
  router.traffic(PHONE, { inputBytes: 100, outputBytes: 200 })
  clock.step(1_800_000)
  router.leave(PHONE)
  const [user] = rows(await api.ask('/ip/hotspot/user/print', '?name=juma'))
  assert.deepEqual([user?.uptime, user?.['bytes-in'], user?.['bytes-out']], ['30m', '100', '200'])

  router.join(PHONE)
  await router.whenOnline(PHONE)
  assert.deepEqual(
    [router.active()[0]?.sessionTimeoutSeconds, router.active()[0]?.totalLimitBytes, router.logins.at(-1)?.by],
    [1800, 700, 'cookie'],
  )
  clock.step(1_800_000)
  assert.equal(router.isOnline(PHONE), false)
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'juma', password: 'p' }), {
    ok: false,
    error: 'user juma has reached uptime limit',
  })
  assert.equal(radius.heard.length, 0)
})

test('a voucher for one device lets no second one in', async (t) => {
  const { router } = await setup(t)
  router.join(PHONE)
  router.join('AA:BB:CC:DD:EE:02')
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  assert.deepEqual(await router.logInByForm('AA:BB:CC:DD:EE:02', { username: 'V1', password: 'V1' }), {
    ok: false,
    error: 'no more sessions are allowed for user V1',
  })
})

test('when the time is up the session ends, is reported, and the cookie is gone', async (t) => {
  const { router, radius, clock, api, answerAccess, logInByApi } = await setup(t)
  answerAccess({ code: 2, attributes: [[27, int(60)]] })
  router.join(PHONE)
  await logInByApi()
  assert.equal(rows(await api.ask('/ip/hotspot/cookie/print'))[0]?.['mac-address'], PHONE)
  clock.step(59_000)
  assert.equal(router.isOnline(PHONE), true)
  clock.step(1000)
  await router.whenOffline(PHONE)
  assert.deepEqual(router.kicks, [{ macAddress: PHONE, by: 'session-timeout' }])
  const stop = await radius.whenHeard(isAccounting(2))
  assert.deepEqual([stop.number(46), stop.number(49), stop.authentic], [60, 5, true])
  assert.deepEqual(await api.ask('/ip/hotspot/cookie/print'), [['!empty'], ['!done']])
})

test('traffic is reported with Gigawords and ends the session at the limit', async (t) => {
  const { router, radius, answerAccess, logInByApi } = await setup(t)
  answerAccess({ code: 2, attributes: [[26, vendor(18, int(2))]] })
  router.join(PHONE)
  await logInByApi()
  router.traffic(PHONE, { inputBytes: 5, outputBytes: 2 ** 32 + 7 })
  await router.sendInterim(PHONE)
  const interim = await radius.whenHeard(isAccounting(3))
  assert.deepEqual(
    [42, 52, 43, 53].map((type) => interim.number(type)),
    [5, 0, 7, 1],
  )
  router.traffic(PHONE, { inputBytes: 0, outputBytes: 2 ** 32 })
  assert.deepEqual(router.kicks, [{ macAddress: PHONE, by: 'total-limit' }])
  assert.equal((await radius.whenHeard(isAccounting(2))).number(53), 2)
})

test('interim updates come as often as RADIUS asked', async (t) => {
  const { router, radius, clock, answerAccess, logInByApi } = await setup(t)
  answerAccess({ code: 2, attributes: [[85, int(300)]] })
  router.join(PHONE)
  await logInByApi()
  clock.step(601_000)
  const second = await radius.whenHeard(isAccounting(3), 2)
  assert.equal(second.authentic, true)
  assert.equal(radius.heard.filter(isAccounting(3)).length, 2)
})

test('a phone that walks away ends its session and is let in again by its cookie', async (t) => {
  const { router, radius, logInByApi } = await setup(t)
  router.join(PHONE)
  await logInByApi()
  router.leave(PHONE)
  assert.equal((await radius.whenHeard(isAccounting(2))).number(49), 2)
  router.join(PHONE)
  await router.whenOnline(PHONE)
  assert.deepEqual(
    router.logins.map(({ by }) => by),
    ['api', 'cookie'],
  )
  assert.equal((await radius.whenHeard(isAccess, 2)).text(44), '80a00002')
  assert.deepEqual(router.kicks, [])
})

test('a kick through the API lasts only when the cookie went first', async (t) => {
  const { router, api, logInByApi } = await setup(t)
  router.join(PHONE)
  await logInByApi()
  await api.ask('/ip/hotspot/active/remove', '=.id=*0A053202')
  await router.whenOnline(PHONE)
  const [cookie] = rows(await api.ask('/ip/hotspot/cookie/print', '?user=V1'))
  await api.ask('/ip/hotspot/cookie/remove', `=.id=${cookie?.['.id']}`)
  assert.deepEqual(await api.ask('/ip/hotspot/active/remove', '=.id=*0A053202'), [['!done']])
  assert.equal(router.isOnline(PHONE), false)
  assert.deepEqual(
    router.kicks.map(({ by }) => by),
    ['api', 'api'],
  )
  assert.equal((await api.ask('/ip/hotspot/active/remove', '=.id=*0A053202'))[0]?.at(-1), '=message=no such item (4)')
})

test('a kicked phone whose right is gone loses its cookie at the next try', async (t) => {
  const { router, api, answerAccess, logInByApi } = await setup(t)
  router.join(PHONE)
  await logInByApi()
  answerAccess(REJECT)
  await api.ask('/ip/hotspot/active/remove', '=.id=*0A053202')
  while (router.logins.length < 2) await api.ask('/system/identity/print')
  assert.deepEqual(router.logins[1], { macAddress: PHONE, username: 'V1', by: 'cookie', outcome: 'rejected' })
  assert.deepEqual(await api.ask('/ip/hotspot/cookie/print'), [['!empty'], ['!done']])
  assert.equal(router.isOnline(PHONE), false)
})

test('a host row that is removed takes its session with it, and comes back with the next packet of the phone', async (t) => {
  const { router, api, logInByApi } = await setup(t)
  router.faults.phonesSilent = true
  router.join(PHONE)
  await logInByApi()
  const [cookie] = rows(await api.ask('/ip/hotspot/cookie/print'))
  await api.ask('/ip/hotspot/cookie/remove', `=.id=${cookie?.['.id']}`)
  const hosts = async () => rows(await api.ask('/ip/hotspot/host/print', `?mac-address=${PHONE}`))
  const [before] = await hosts()
  await api.ask('/ip/hotspot/host/remove', `=.id=${before?.['.id']}`)
  assert.equal(router.isOnline(PHONE), false)
  assert.deepEqual(router.kicks, [{ macAddress: PHONE, by: 'host-removed' }])
  assert.deepEqual(await hosts(), [])
  assert.equal((await logInByApi())[0]?.at(-1), '=message=unknown host IP 10.5.50.2')
  router.sendPacket(PHONE)
  const [after] = await hosts()
  assert.deepEqual([after?.address, after?.authorized], ['10.5.50.2', 'false'])
  assert.notEqual(after?.['.id'], before?.['.id'])
  assert.deepEqual(await logInByApi(), [['!done']])
})

test('a phone whose host row was removed is let in by its cookie with its next packet, and not when it has left', async (t) => {
  const { router, api, logInByApi } = await setup(t)
  router.join(PHONE)
  await logInByApi()
  const remove = async () => {
    const [host] = rows(await api.ask('/ip/hotspot/host/print'))
    await api.ask('/ip/hotspot/host/remove', `=.id=${host?.['.id']}`)
  }
  await remove()
  await router.whenOnline(PHONE)
  assert.equal(router.logins.at(-1)?.by, 'cookie')
  router.faults.phonesSilent = true
  await remove()
  router.leave(PHONE)
  router.sendPacket(PHONE)
  assert.deepEqual(await api.ask('/ip/hotspot/host/print'), [['!empty'], ['!done']])
})

test('waiting for a phone that never comes ends with a clear error', async (t) => {
  const { router } = await setup(t)
  router.join(PHONE)
  await router.whenOffline(PHONE)
  await assert.rejects(router.whenOnline(PHONE, 1), /not true within 1 ms: AA:BB:CC:DD:EE:01 is online/)
  await assert.rejects(router.logInByForm('AA:BB:CC:DD:EE:77', { username: 'x', password: 'x' }), {
    code: 'simulated-phone-unknown',
  })
  assert.throws(() => router.join('not a mac'), { code: 'simulated-phone-invalid' })
  assert.throws(() => router.traffic(PHONE, { inputBytes: 1, outputBytes: 1 }), { code: 'simulated-phone-offline' })
})

test('without a RADIUS server only local users get in', async (t) => {
  const { router } = await setup(t)
  router.setRadius(undefined)
  router.join(PHONE)
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), {
    ok: false,
    error: 'invalid username or password',
  })
})

test('a start of the router is the third digit of its session ids, whose count begins anew', async (t) => {
  const { router, answerAccess, logInByApi } = await setup(t, { reboots: 14 })
  answerAccess({ code: 2 })
  router.join(PHONE)
  await logInByApi()
  const ids = [router.active()[0]?.sessionId]
  for (let start = 0; start < 2; start += 1) {
    router.reboot()
    assert.equal(router.isOnline(PHONE), false)
    const api = await logIn(router.apiPort)
    await api.ask('/ip/hotspot/active/login', '=user=V1', '=password=V1', '=ip=10.5.50.2')
    api.close()
    ids.push(router.active()[0]?.sessionId)
  }
  assert.deepEqual(ids, ['80e00001', '80f00001', '80000001'])
})
