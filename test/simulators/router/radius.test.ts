import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import {
  chapPassword,
  hidePassword,
  isAuthenticReply,
  sealAccessRequest,
} from '../../../src/simulators/router/nas/authenticity.ts'
import { parsePacket } from '../../../src/simulators/router/nas/packet.ts'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import { logIn, rows } from './raw-api-client.ts'
import { type Heard, isAccess, isAccounting, type Reply, SECRET, startScriptedRadius } from './scripted-radius.ts'

const PHONE = 'AA:BB:CC:DD:EE:01'
const RADCLIENT = '/usr/bin/radclient'
const withRadclient = { skip: existsSync(RADCLIENT) ? false : 'radclient is not installed' }

async function setup(t: TestContext, version = '7.20.8') {
  const radius = await startScriptedRadius()
  t.after(() => radius.stop())
  const target = { host: '127.0.0.1', authPort: radius.port, acctPort: radius.port, secret: SECRET }
  const router = await startRouterSimulator({ username: 'mlango', password: 'pw', version, radius: target })
  t.after(() => router.stop())
  const counters = async () => {
    const api = await logIn(router.apiPort)
    const [row] = rows(await api.ask('/radius/monitor', '=.id=*1', '=once='))
    api.close()
    return { bad: row?.['bad-replies'], resends: row?.resends, timeouts: row?.timeouts, accepts: row?.accepts }
  }
  /** The router gives up on an answer sooner than by default. */
  const hurry = async () => {
    const api = await logIn(router.apiPort)
    await api.ask('/radius/set', '=.id=*1', '=timeout=50ms')
    api.close()
  }
  router.join(PHONE)
  return { router, radius, target, counters, hurry }
}

/** What radclient prints, and whether it was content. */
async function radclient(port: number, command: string, packet: string, secret = SECRET) {
  const child = spawn(RADCLIENT, ['-x', '-t', '1', '-r', '1', `127.0.0.1:${port}`, command, secret])
  child.stdin.end(packet)
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { ok: code === 0, text: Buffer.concat(output).toString() }
}

function session(router: Awaited<ReturnType<typeof setup>>['router']) {
  const { username, ipAddress, sessionId } = router.active()[0] ?? {}
  return `User-Name=${username},Framed-IP-Address=${ipAddress},Acct-Session-Id=${sessionId}`
}

test('passwords and signatures are those of the worked examples in the RFCs', () => {
  const hex = (text: string) => Buffer.from(text, 'hex')
  const hidden = hidePassword('arctangent', hex('0f403f9473978057bd83d5cb98f4227a'), 'xyzzy5461')
  assert.equal(hidden.toString('hex'), '0dbe708d93d413ce3196e43f782a0aee')
  const chap = chapPassword(0x16, 'arctangent', hex('2aee86f08d0d55969ca5978e0d3367a2'))
  assert.equal(chap.toString('hex'), '16e97557c316185895f293ff6344077275')
  const authenticator = hex('8a54f4686fb394c52866e302185d0623')
  const sealed = sealAccessRequest({ code: 12, id: 0xda, authenticator, attributes: [] }, 'xyzzy5461', true)
  assert.equal(sealed.toString('hex'), '0cda00268a54f4686fb394c52866e302185d062350125a665e2e1e8411f3e243822097c84fa3')
  const reply = parsePacket(hex('02da0014ef0d552a4bf2d693ec2b6fe8b5411d66'))
  assert.ok(reply)
  assert.equal(isAuthenticReply(reply, sealed, 'xyzzy5461', false), true)
  assert.equal(isAuthenticReply(reply, sealed, 'xyzzy5461', true), false)
  assert.equal(isAuthenticReply(reply, sealed, 'other', false), false)
})

test('a packet whose lengths do not fit is no packet', () => {
  const good = Buffer.from('02da0014ef0d552a4bf2d693ec2b6fe8b5411d66', 'hex')
  assert.ok(parsePacket(Buffer.concat([good, Buffer.from('padding')])))
  assert.equal(parsePacket(good.subarray(0, 19)), undefined)
  assert.equal(parsePacket(Buffer.of(2, 1, 0, 21, ...good.subarray(4), 1)), undefined)
  assert.equal(parsePacket(Buffer.of(2, 1, 0, 22, ...good.subarray(4), 1, 1)), undefined)
  assert.equal(parsePacket(Buffer.of(2, 1, 0, 22, ...good.subarray(4), 1, 3)), undefined)
})

for (const sign of ['last', 'no', 'wrong'] as const) {
  test(`a reply whose signature is ${sign} is dropped and counted`, async (t) => {
    const { router, radius, counters, hurry } = await setup(t)
    await hurry()
    radius.answer = () => ({ code: 2, sign, attributes: [[18, Buffer.from('hello')]] })
    assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), {
      ok: false,
      error: 'RADIUS server is not responding',
    })
    assert.deepEqual(await counters(), { bad: '4', resends: '3', timeouts: '1', accepts: '0' })
    assert.equal(router.logins[0]?.outcome, 'no-radius')
  })
}

test('before 7.15 nothing is signed and nothing need be', async (t) => {
  const { router, radius } = await setup(t, '7.14')
  radius.answer = () => ({ code: 2, sign: 'no' })
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), { ok: true })
  assert.deepEqual((await radius.whenHeard(isAccess)).values(80), [])
})

test('a request is resent octet by octet until it is answered', async (t) => {
  const { router, radius, counters } = await setup(t)
  radius.answer = (request) => {
    if (!isAccess(request)) return { code: 5, sign: 'no' }
    return radius.heard.filter(isAccess).length < 3 ? undefined : { code: 2 }
  }
  assert.deepEqual(await router.logInByForm(PHONE, { username: 'V1', password: 'V1' }), { ok: true })
  const [first, ...others] = radius.heard.filter(isAccess).map(({ raw }) => raw.toString('hex'))
  assert.deepEqual(others, [first, first])
  assert.equal((await counters()).resends, '2')
})

test('a dead line to RADIUS lets nobody in', async (t) => {
  const { router, radius, hurry } = await setup(t)
  await hurry()
  router.faults.radiusDown = true
  assert.equal((await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })).ok, false)
  assert.equal(radius.heard.length, 0)
  router.faults.radiusDown = false
  assert.equal((await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })).ok, true)
})

test('the end of a session is told until the server has it, even a moved one', async (t) => {
  const { router, radius, target, hurry } = await setup(t)
  await hurry()
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  radius.answer = (request): Reply | undefined => (isAccounting(2)(request) ? undefined : { code: 5, sign: 'no' })
  router.leave(PHONE)
  await radius.whenHeard(isAccounting(2), 4)
  const other = await startScriptedRadius()
  t.after(() => other.stop())
  router.setRadius({ ...target, authPort: other.port, acctPort: other.port })
  const stop = await other.whenHeard(isAccounting(2))
  assert.deepEqual([stop.text(1), stop.authentic, stop.number(41) >= 1], ['V1', true, true])
})

test('an interim update that is not answered is a failure', async (t) => {
  const { router, radius, hurry } = await setup(t)
  await hurry()
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  radius.answer = (request: Heard) => (isAccounting(3)(request) ? undefined : { code: 5, sign: 'no' })
  await assert.rejects(router.sendInterim(PHONE), { code: 'simulated-interim-lost' })
})

test('a Disconnect-Request ends the session for good', withRadclient, async (t) => {
  const { router, radius } = await setup(t)
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  const packet = `${session(router)},Message-Authenticator=0x00,Proxy-State=0x0102`
  const answer = await radclient(router.coaPort, 'disconnect', packet)
  assert.equal(answer.ok, true, answer.text)
  assert.match(answer.text, /Received Disconnect-ACK/)
  assert.match(answer.text, /Proxy-State = 0x0102/)
  await router.whenOffline(PHONE)
  assert.deepEqual(router.kicks, [{ macAddress: PHONE, by: 'disconnect-request' }])
  assert.equal((await radius.whenHeard(isAccounting(2))).number(49), 6)
  router.leave(PHONE)
  router.join(PHONE)
  assert.equal(router.logins.length, 1)
})

test('a Disconnect-Request must name the session exactly', withRadclient, async (t) => {
  const { router } = await setup(t)
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  for (const [wrong, cause] of [
    [session(router).replace('80a', '80A'), 'Session-Context-Not-Found'],
    [session(router).replace('=V1', '=v1'), 'Session-Context-Not-Found'],
    [session(router).replace('10.5.50.2', '10.5.50.3'), 'Session-Context-Not-Found'],
    ['User-Name=V1', 'Missing-Attribute'],
  ]) {
    const answer = await radclient(router.coaPort, 'disconnect', wrong ?? '')
    assert.match(answer.text, /Received Disconnect-NAK/)
    assert.match(answer.text, new RegExp(`Error-Cause = ${cause}`))
  }
  assert.equal(router.isOnline(PHONE), true)
  for (const left of ['User-Name=V1,', /Framed-IP-Address=[^,]*,/, /,Acct-Session-Id=.*/]) {
    const twoNames = session(router).replace(left, '')
    assert.equal((await radclient(router.coaPort, 'disconnect', twoNames)).ok, true)
    await router.whenOffline(PHONE)
    await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  }
})

test('a Disconnect-Request with a wrong secret, or to a deaf router, is not answered', withRadclient, async (t) => {
  const { router } = await setup(t)
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  assert.match((await radclient(router.coaPort, 'disconnect', session(router), 'wrong')).text, /No reply/)
  router.faults.disconnectDeaf = true
  assert.match((await radclient(router.coaPort, 'disconnect', session(router))).text, /No reply/)
  assert.equal(router.isOnline(PHONE), true)
})

test('a CoA-Request changes rate and time, and nothing that a MikroTik cannot change', withRadclient, async (t) => {
  const { router } = await setup(t)
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  const changed = await radclient(
    router.coaPort,
    'coa',
    `${session(router)},Mikrotik-Rate-Limit="1M/1M",Session-Timeout=99`,
  )
  assert.match(changed.text, /Received CoA-ACK/)
  assert.deepEqual([router.active()[0]?.rateLimit, router.active()[0]?.sessionTimeoutSeconds], ['1M/1M', 99])
  const refused = await radclient(router.coaPort, 'coa', `${session(router)},Mikrotik-Total-Limit=5`)
  assert.match(refused.text, /Received CoA-NAK/)
  assert.match(refused.text, /Error-Cause = Unsupported-Attribute/)
})
