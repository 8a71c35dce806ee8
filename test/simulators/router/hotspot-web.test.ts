import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import { isAccess, SECRET, startScriptedRadius } from './scripted-radius.ts'

const PHONE = 'AA:BB:CC:DD:EE:01'
const PORTAL = 'http://portal.example:8080/'

async function setup(t: TestContext, options: { portalUrl?: string } = { portalUrl: PORTAL }) {
  const radius = await startScriptedRadius()
  t.after(() => radius.stop())
  const target = { host: '127.0.0.1', authPort: radius.port, acctPort: radius.port, secret: SECRET }
  const router = await startRouterSimulator({ radius: target, ...options })
  t.after(() => router.stop())
  const origin = `http://127.0.0.1:${router.httpPort}`
  const get = async (url: string, form?: Record<string, string>) => {
    const post = form && { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(url, { redirect: 'manual', ...post })
    const location = response.headers.get('location')
    return { status: response.status, location, text: await response.text() }
  }
  return { router, radius, origin, get }
}

function parametersOf(location: string | null): Record<string, string> {
  assert.ok(location)
  return Object.fromEntries(new URL(location).searchParams)
}

test('whatever page a waiting phone asks for, it is sent to the portal with what the portal must know', async (t) => {
  const { router, origin, get } = await setup(t)
  router.join(PHONE)
  const page = await get(`${origin}/news?a=1&mac=${PHONE.toLowerCase()}`)
  assert.equal(page.status, 302)
  assert.ok(page.location?.startsWith(PORTAL))
  assert.deepEqual(parametersOf(page.location), {
    mac: PHONE,
    ip: '10.5.50.2',
    'link-login-only': router.loginUrl(PHONE),
    'link-orig': `${origin}/news?a=1`,
  })
  assert.ok(router.loginUrl(PHONE).startsWith(`${origin}/login?`))
})

test('a phone that posts its voucher is in, and goes where it wanted', async (t) => {
  const { router, radius, origin, get } = await setup(t)
  router.join(PHONE)
  const form = { username: 'V1', password: 'V1', dst: 'http://portal.example/done' }
  const { status, location } = await get(router.loginUrl(PHONE), form)
  assert.deepEqual([status, location], [302, 'http://portal.example/done'])
  assert.equal(router.isOnline(PHONE), true)
  const request = await radius.whenHeard(isAccess)
  assert.deepEqual([request.text(1), request.text(31), request.values(2).length], ['V1', PHONE, 1])
  assert.match((await get(`${origin}/?mac=${PHONE}`)).text, /You are logged in/)
})

test('a login by link is as good as one by form', async (t) => {
  const { router, get } = await setup(t)
  router.join(PHONE)
  const page = await get(`${router.loginUrl(PHONE)}&username=V1&password=V1`)
  assert.equal(page.status, 200)
  assert.match(page.text, /You are logged in/)
  assert.deepEqual(router.logins, [{ macAddress: PHONE, username: 'V1', by: 'form', outcome: 'online' }])
})

test('a refused phone is back at the portal with the reason', async (t) => {
  const { router, radius, get } = await setup(t)
  radius.answer = () => ({ code: 3, attributes: [[18, Buffer.from('used <up>')]] })
  router.join(PHONE)
  const refused = await get(router.loginUrl(PHONE), { username: 'V1', password: 'no', dst: 'http://a.example/' })
  assert.deepEqual(
    [parametersOf(refused.location).error, parametersOf(refused.location)['link-orig']],
    ['used <up>', 'http://a.example/'],
  )
  router.setPortalUrl(undefined)
  const shown = await get(router.loginUrl(PHONE), { username: 'V1', password: 'no' })
  assert.match(shown.text, /used &#60;up&#62;/)
  assert.equal(router.isOnline(PHONE), false)
})

test('a phone that does not say which one it is, is known by its address', async (t) => {
  const { router, origin, get } = await setup(t, {})
  assert.equal((await get(`${origin}/`)).status, 404)
  assert.equal((await get(`${origin}/?mac=${PHONE}`)).status, 404)
  router.join(PHONE, '127.0.0.1')
  router.setPortalUrl(PORTAL)
  assert.equal(parametersOf((await get(`${origin}/login`)).location).mac, PHONE)
  assert.equal(parametersOf((await get(`${origin}/login`, {})).location).ip, '127.0.0.1')
})
