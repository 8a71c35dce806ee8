import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Desk, openDesk, PASSWORD, PORTAL } from './desk.ts'

const signIn = (desk: Desk, password = PASSWORD, username = 'amina', headers: Record<string, string> = {}) =>
  desk.ask(null, 'POST', '/api/session', { username, password }, { headers })

async function cookieOf(desk: Desk): Promise<string> {
  const { headers } = await signIn(desk)
  return (headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

test('an operator signs in, works with the cookie, and signs out', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina', 'cashier')
  const { status, body, headers } = await signIn(desk)
  assert.equal(status, 200)
  assert.deepEqual(
    { ...body, expires_at: Date.parse(body.expires_at) },
    { username: 'amina', role: 'cashier', expires_at: desk.rooms.clock.nowMs() + 12 * 3_600_000 },
  )
  const cookie = headers.get('set-cookie') ?? ''
  assert.match(cookie, /HttpOnly/)
  assert.match(cookie, /SameSite=Strict/)
  assert.match(cookie, /Path=\//)

  const mine = { headers: { Cookie: cookie.split(';')[0] ?? '' } }
  assert.equal((await desk.ask(null, 'GET', '/api/grants', undefined, mine)).status, 200)
  assert.equal((await desk.ask(null, 'GET', '/api/audit', undefined, mine)).status, 403)
  assert.equal((await desk.ask(null, 'DELETE', '/api/session', undefined, mine)).status, 204)
  assert.equal((await desk.ask(null, 'GET', '/api/grants', undefined, mine)).status, 401)
})

test('behind TLS the cookie is for TLS only', async (t) => {
  const desk = openDesk(t, { MLANGO_HTTP_TLS_CERT: '/cert.pem', MLANGO_HTTP_TLS_KEY: '/key.pem' })
  await desk.addOperator('amina')
  assert.match((await signIn(desk)).headers.get('set-cookie') ?? '', /Secure/)
})

test('a session is over after twelve hours', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const headers = { Cookie: await cookieOf(desk) }
  desk.rooms.clock.step(12 * 3_600_000)
  assert.equal((await desk.ask(null, 'GET', '/api/grants', undefined, { headers })).status, 401)
})

test('an unknown name and a wrong password are answered alike', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const wrong = await signIn(desk, 'not the password')
  const unknown = await signIn(desk, PASSWORD, 'nobody')
  assert.equal(wrong.status, 401)
  assert.deepEqual({ ...wrong.body, request_id: '' }, { ...unknown.body, request_id: '' })
  assert.equal(wrong.headers.get('set-cookie'), null)
})

test('five wrong passwords lock the account for 30 minutes; then the right one opens it', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  for (let time = 0; time < 5; time++) {
    assert.equal((await signIn(desk, 'not the password')).body.code, 'wrong-credentials')
  }
  const locked = await signIn(desk)
  assert.deepEqual([locked.status, locked.body.code], [401, 'account-suspended'])
  assert.equal(desk.rooms.facts('account.suspended').length, 1)
  desk.rooms.clock.step(30 * 60_000)
  assert.equal((await signIn(desk)).status, 200)
})

test('a name that nobody has is locked as one that somebody has: whose names there are is not told', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const codes = async (username: string) => {
    const told: string[] = []
    const guess = async () => told.push((await signIn(desk, 'not the password', username)).body.code)
    for (let time = 0; time < 6; time++) await guess()
    desk.rooms.clock.step(29 * 60_000)
    await guess()
    desk.rooms.clock.step(60_000)
    for (let time = 0; time < 6; time++) await guess()
    desk.rooms.clock.step(30 * 60_000)
    return told
  }
  const known = await codes('amina')
  assert.deepEqual(
    known.flatMap((code, at) => (code === 'account-suspended' ? [at] : [])),
    [5, 6, 12],
  )
  assert.deepEqual(await codes('nobody'), known)
})

test('twenty tries from one address are enough for ten minutes, by form and API together', async (t) => {
  const desk = openDesk(t)
  for (let time = 0; time < 20; time++) await signIn(desk, PASSWORD, `name-${time}`)
  const { status, headers, body } = await signIn(desk)
  assert.deepEqual([status, body.code, headers.get('retry-after')], [429, 'too-many-tries', '600'])
  await desk.addOperator('amina')
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
  const page = await desk.ask(
    null,
    'POST',
    '/console/sign-in',
    `username=amina&password=${encodeURIComponent(PASSWORD)}`,
    form,
  )
  assert.equal(page.headers.get('set-cookie'), null)
  const elsewhere = { username: 'amina', password: PASSWORD }
  assert.equal((await desk.ask(null, 'POST', '/api/session', elsewhere, { from: '192.168.88.51' })).status, 200)
})

for (const [what, headers] of [
  ['another site, says the browser', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a neighbour under the same domain', { 'Sec-Fetch-Site': 'same-site' }],
  ['another origin', { Origin: 'https://elsewhere.example' }],
  ['the same host by another port', { Origin: 'http://192.168.88.10:9090' }],
  ['a page without an origin', { Origin: 'null' }],
] as const) {
  test(`a form of ${what} can do nothing with an operator's cookie`, async (t) => {
    const desk = openDesk(t)
    await desk.addOperator('amina')
    const Cookie = await cookieOf(desk)
    const before = desk.everything()
    const asking = { headers: { ...headers, Cookie } }
    for (const [method, path] of [
      ['POST', '/api/tokens'],
      ['PATCH', '/api/packages/1'],
      ['DELETE', '/api/grants/1'],
      ['DELETE', '/api/session'],
      ['POST', '/api/session'],
    ] as const) {
      const { status, body } = await desk.ask(null, method, path, method === 'DELETE' ? undefined : {}, asking)
      assert.deepEqual([status, body.code], [403, 'cross-origin'], `${method} ${path}`)
    }
    assert.deepEqual(desk.everything(), before)
    // To read is harmless: the other page does not see the answer.
    assert.equal((await desk.ask(null, 'GET', '/api/grants', undefined, asking)).status, 200)
  })
}

for (const headers of [{ 'Sec-Fetch-Site': 'same-origin' }, { Origin: PORTAL }, {}] as Record<string, string>[]) {
  test(`our own page may act with the cookie (${JSON.stringify(headers)})`, async (t) => {
    const desk = openDesk(t)
    await desk.addOperator('amina')
    const asking = { headers: { ...headers, Cookie: await cookieOf(desk) } }
    const { status } = await desk.ask(null, 'POST', '/api/tokens', { name: 'till', role: 'viewer' }, asking)
    assert.equal(status, 201)
  })
}

test('what an operator did stands in the audit under their name', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const asking = { headers: { Cookie: await cookieOf(desk) } }
  await desk.ask(null, 'POST', '/api/tokens', { name: 'till', role: 'viewer' }, asking)
  const { body } = await desk.ask('admin', 'GET', '/api/audit')
  assert.deepEqual(
    { ...body.items[0], id: 0, at: '' },
    { id: 0, actor: 'amina', action: 'token.create', subject: 'till, viewer', at: '' },
  )
})

test('who signs in and out stands in the audit, and so does a lock', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const headers = { Cookie: await cookieOf(desk) }
  await desk.ask(null, 'DELETE', '/api/session', undefined, { headers })
  for (let time = 0; time < 5; time++) await signIn(desk, 'not the password')
  const { body } = await desk.ask('admin', 'GET', '/api/audit')
  assert.deepEqual(
    body.items.map(({ actor, action }: { actor: string; action: string }) => `${actor} ${action}`),
    ['amina account.suspended', 'amina session.close', 'amina session.open'],
  )
})
