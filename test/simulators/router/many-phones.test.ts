import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import { logIn, rows } from './raw-api-client.ts'
import { type Heard, int, isAccess, isAccounting, SECRET, startScriptedRadius } from './scripted-radius.ts'

function mac(n: number): string {
  return `02:00:00:00:${[n >> 8, n & 255].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':')}`
}

async function setup(t: TestContext, phoneCount: number) {
  const radius = await startScriptedRadius()
  t.after(() => radius.stop())
  const target = { host: '127.0.0.1', authPort: radius.port, acctPort: radius.port, secret: SECRET }
  const router = await startRouterSimulator({ radius: target })
  t.after(() => router.stop())
  const api = await logIn(router.apiPort, 'mlango', 'mlango')
  t.after(() => api.close())
  const phones = Array.from({ length: phoneCount }, (_, n) => router.join(mac(n)))
  const logInAll = () =>
    Promise.all(
      phones.map(({ macAddress }, n) => router.logInByForm(macAddress, { username: `V${n}`, password: `V${n}` })),
    )
  return { radius, router, api, phones, logInAll }
}

test('more phones at once than a RADIUS port has ids are asked about from several ports', async (t) => {
  const { radius, router, logInAll } = await setup(t, 300)
  const asked = new Set<string>()
  radius.answer = (request: Heard) => {
    if (!isAccess(request)) return { code: 5, sign: 'no' }
    asked.add(`${request.fromPort} ${request.id}`)
    // Nobody is answered before all wait.
    return asked.size < 300 ? undefined : { code: 2, attributes: [[25, Buffer.from(`class of ${request.text(1)}`)]] }
  }
  const results = await logInAll()
  assert.equal(results.filter(({ ok }) => ok).length, 300)
  assert.equal(asked.size, 300)
  assert.equal(new Set(radius.heard.filter(isAccess).map(({ fromPort }) => fromPort)).size, 2)
  await radius.whenHeard(isAccounting(1), 300)
  for (const start of radius.heard.filter(isAccounting(1))) assert.equal(start.text(25), `class of ${start.text(1)}`)
  assert.equal(router.active().length, 300)
})

test('thousands may join, each with its own address', async (t) => {
  const { phones, api } = await setup(t, 3000)
  assert.equal(new Set(phones.map(({ ipAddress }) => ipAddress)).size, 3000)
  assert.deepEqual(await api.ask('/ip/hotspot/host/print', '=count-only='), [['!done', '=ret=3000']])
  const [host] = rows(await api.ask('/ip/hotspot/host/print', `?address=${phones[2999]?.ipAddress}`))
  assert.equal(host?.['mac-address'], mac(2999))
})

test('everybody who waits for a phone hears of that phone only', async (t) => {
  const { router, phones, logInAll } = await setup(t, 50)
  const waiting = phones.map(({ macAddress }) => router.whenOnline(macAddress))
  const never = assert.rejects(router.whenOnline('02:FF:FF:FF:FF:FF'), { code: 'simulator-stopped' })
  await logInAll()
  await Promise.all(waiting)
  await router.stop()
  await never
})

test('all who are online are reported at once', async (t) => {
  const { router, radius, logInAll } = await setup(t, 100)
  await logInAll()
  await router.sendInterim()
  const reported = radius.heard.filter(isAccounting(3)).map((request) => request.text(1))
  assert.equal(new Set(reported).size, 100)
})

test('the live menus find phones by every name, also when one of several is meant', async (t) => {
  const { router, api, logInAll } = await setup(t, 3)
  await logInAll()
  for (const menu of ['active', 'cookie']) {
    const users = async (...queries: string[]) =>
      rows(await api.ask(`/ip/hotspot/${menu}/print`, '=.proplist=user', ...queries)).map(({ user }) => user)
    assert.deepEqual(await users('?user=V1'), ['V1'])
    assert.deepEqual(await users('?=user=V1'), ['V1'])
    assert.deepEqual(await users(`?mac-address=${mac(2)}`), ['V2'])
    assert.deepEqual(await users('?user=V1', `?mac-address=${mac(2)}`), [])
    assert.deepEqual(await users('?user=V1', '?user=V2', '?#|'), ['V1', 'V2'])
    assert.deepEqual(await users('?user=V1', '?#!'), ['V0', 'V2'])
  }
  const [last] = rows(await api.ask('/ip/hotspot/active/print', '?address=10.5.50.4'))
  assert.equal(last?.user, 'V2')
  assert.deepEqual(await api.ask('/ip/hotspot/active/remove', `=.id=${last?.['.id']},*FF`), [
    ['!trap', '=category=0', '=message=no such item (4)'],
    ['!done'],
  ])
  assert.equal(router.active().length, 3)
})

test('a user with several devices may have as many sessions as RADIUS says', async (t) => {
  const { router, radius, phones } = await setup(t, 3)
  radius.answer = (request) => (isAccess(request) ? { code: 2, attributes: [[62, int(2)]] } : { code: 5, sign: 'no' })
  const results = []
  for (const { macAddress } of phones) {
    results.push((await router.logInByForm(macAddress, { username: 'V1', password: 'V1' })).ok)
  }
  assert.deepEqual(results, [true, true, false])
  router.leave(mac(0))
  assert.equal((await router.logInByForm(mac(2), { username: 'V1', password: 'V1' })).ok, true)
})
