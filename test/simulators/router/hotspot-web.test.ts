import assert from 'node:assert/strict'
import { request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { startRouterSimulator } from '../../../src/simulators/router/router-simulator.ts'
import { isAccess, SECRET, startScriptedRadius } from './scripted-radius.ts'

const PHONE = 'AA:BB:CC:DD:EE:01'
const PORTAL = 'http://portal.example:8080/'

/** A login.html of the kind that an external portal puts into the hotspot's directory. */
const TARGET = `${PORTAL}?mac=$(mac-esc)&ip=$(ip)&llo=$(link-login-only-esc)&dst=$(link-orig-esc)&error=$(error-esc)`
const LOGIN_PAGE = `$(if http-status == 302)Found$(endif)
$(if http-header == "Location")${TARGET}$(endif)
<p>$(if error)$(error)$(else)Welcome $(mac)$(endif)</p>`

async function setup(t: TestContext, loginPage: string | undefined = LOGIN_PAGE) {
  const radius = await startScriptedRadius()
  t.after(() => radius.stop())
  const target = { host: '127.0.0.1', authPort: radius.port, acctPort: radius.port, secret: SECRET }
  const router = await startRouterSimulator({ radius: target })
  t.after(() => router.stop())
  router.setLoginPage(loginPage)
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

test('whatever page a waiting phone asks for, it is sent to the login page, and by that with all it must know to the portal', async (t) => {
  const { router, origin, get } = await setup(t)
  router.join(PHONE)
  const wanted = await get(`${origin}/news?a=1&mac=${PHONE.toLowerCase()}`)
  assert.equal(wanted.status, 302)
  assert.equal(wanted.location, `${router.loginUrl(PHONE)}&dst=${encodeURIComponent(`${origin}/news?a=1`)}`)
  const page = await get(wanted.location ?? '')
  assert.deepEqual([page.status, page.text.trim()], [302, `<p>Welcome ${PHONE}</p>`])
  assert.ok(page.location?.startsWith(PORTAL))
  assert.deepEqual(parametersOf(page.location), {
    mac: PHONE,
    ip: '10.5.50.2',
    llo: router.loginUrl(PHONE),
    dst: `${origin}/news?a=1`,
    error: '',
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
    [parametersOf(refused.location).error, parametersOf(refused.location).dst],
    ['used <up>', 'http://a.example/'],
  )
  router.setLoginPage(undefined)
  const shown = await get(router.loginUrl(PHONE), { username: 'V1', password: 'no' })
  assert.match(shown.text, /used &#60;up&#62;/)
  assert.equal(router.isOnline(PHONE), false)
})

test('a phone that does not say which one it is, is known by its address', async (t) => {
  const { router, origin, get } = await setup(t)
  assert.equal((await get(`${origin}/`)).status, 404)
  assert.equal((await get(`${origin}/?mac=${PHONE}`)).status, 404)
  router.join(PHONE, '127.0.0.1')
  assert.equal(parametersOf((await get(`${origin}/login`)).location).mac, PHONE)
  assert.equal(parametersOf((await get(`${origin}/login`, {})).location).ip, '127.0.0.1')
})

test('the Internet answers a phone that is in, and only that', async (t) => {
  const { router, origin } = await setup(t)
  router.join(PHONE, '127.0.0.1')
  const probe = () => askRouterFor('connectivitycheck.gstatic.com', '/generate_204', new URL(origin).port)
  assert.equal(await probe(), 302)
  await router.logInByForm(PHONE, { username: 'V1', password: 'V1' })
  assert.equal(await probe(), 204)
})

/** Like a phone behind the router: its request for any host ends up at the hotspot's web server. */
function askRouterFor(host: string, path: string, port: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { Host: host } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}
