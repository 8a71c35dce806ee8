import assert from 'node:assert/strict'
import { test } from 'node:test'
import { roleOf } from '../../src/http/operator/guard.ts'
import { type Desk, openDesk, TOKENS, type Who } from './desk.ts'

type Role = keyof typeof TOKENS

/** Who may do what; the paths are as the app registers them. */
const guarded: readonly [Role, string, string][] = [
  ['viewer', 'GET', '/api/routers'],
  ['admin', 'POST', '/api/routers'],
  ['viewer', 'GET', '/api/routers/:id'],
  ['admin', 'PATCH', '/api/routers/:id'],
  ['admin', 'DELETE', '/api/routers/:id'],
  ['viewer', 'GET', '/api/routers/:id/history'],
  ['viewer', 'GET', '/api/routers/:id/live'],
  ['admin', 'POST', '/api/routers/:id/probe'],
  ['admin', 'POST', '/api/routers/:id/provision'],
  ['viewer', 'GET', '/api/routers/:id/provisioning'],
  ['admin', 'GET', '/api/routers/:id/script'],
  ['admin', 'POST', '/api/packages'],
  ['admin', 'PATCH', '/api/packages/:id'],
  ['admin', 'DELETE', '/api/packages/:id'],
  ['viewer', 'GET', '/api/packages/:id/terms'],
  ['admin', 'PUT', '/api/packages/:id/terms'],
  ['viewer', 'GET', '/api/vouchers'],
  ['cashier', 'POST', '/api/vouchers'],
  ['admin', 'POST', '/api/vouchers/revoke'],
  ['cashier', 'POST', '/api/vouchers/verify'],
  ['cashier', 'GET', '/api/vouchers/batches/:id'],
  ['viewer', 'GET', '/api/payments'],
  ['admin', 'POST', '/api/payments/:id/approve'],
  ['viewer', 'GET', '/api/payments/:id/history'],
  ['admin', 'POST', '/api/payments/:id/reconcile'],
  ['admin', 'POST', '/api/payments/:id/refund'],
  ['admin', 'POST', '/api/payments/:id/reject'],
  ['viewer', 'GET', '/api/grants'],
  ['admin', 'POST', '/api/grants'],
  ['admin', 'DELETE', '/api/grants/:id'],
  ['viewer', 'GET', '/api/grants/:id/history'],
  ['cashier', 'POST', '/api/grants/:id/pause'],
  ['cashier', 'POST', '/api/grants/:id/resume'],
  ['viewer', 'GET', '/api/sessions'],
  ['cashier', 'DELETE', '/api/sessions/:id'],
  ['viewer', 'GET', '/api/queue'],
  ['viewer', 'GET', '/api/queue/minutes'],
  ['admin', 'POST', '/api/queue/run-next'],
  ['admin', 'POST', '/api/queue/:name/pause'],
  ['admin', 'POST', '/api/queue/:name/resume'],
  ['viewer', 'GET', '/api/jobs'],
  ['admin', 'DELETE', '/api/jobs'],
  ['viewer', 'GET', '/api/jobs/:id'],
  ['admin', 'DELETE', '/api/jobs/:id'],
  ['admin', 'POST', '/api/jobs/retry'],
  ['admin', 'POST', '/api/jobs/:id/cancel'],
  ['admin', 'POST', '/api/jobs/:id/retry'],
  ['admin', 'POST', '/api/jobs/:id/run'],
  ['admin', 'GET', '/api/settings'],
  ['admin', 'PATCH', '/api/settings'],
  ['admin', 'POST', '/api/users'],
  ['admin', 'POST', '/api/users/:username/password'],
  ['admin', 'POST', '/api/tokens'],
  ['admin', 'GET', '/api/audit'],
  ['viewer', 'GET', '/api/events'],
  ['viewer', 'GET', '/api/openapi.json'],
  ['viewer', 'GET', '/api/outages'],
  ['viewer', 'GET', '/metrics'],
  ['viewer', 'GET', '/api/access-points'],
  ['cashier', 'GET', '/api/customers'],
  ['cashier', 'POST', '/api/customers'],
  ['viewer', 'GET', '/api/dashboard'],
  ['admin', 'POST', '/api/mpesa/c2b/register'],
  ['admin', 'POST', '/api/radius/test'],
  ['viewer', 'GET', '/api/receipts'],
  ['admin', 'POST', '/api/receipts'],
  ['admin', 'POST', '/api/receipts/pull'],
  ['admin', 'POST', '/api/receipts/statement'],
  ['admin', 'POST', '/api/receipts/:receipt/assign'],
  ['admin', 'POST', '/api/receipts/:receipt/refund'],
  ['viewer', 'GET', '/api/refunds'],
  ['admin', 'POST', '/api/refunds/:id/decision'],
  ['admin', 'POST', '/api/refunds/:id/result'],
  ['viewer', 'GET', '/api/settlements'],
  ['viewer', 'GET', '/api/settlements/:day'],
  ['admin', 'POST', '/api/settlements/:day/sign-off'],
  ['viewer', 'GET', '/api/subscriptions'],
  ['cashier', 'POST', '/api/subscriptions'],
  ['viewer', 'GET', '/api/subscriptions/:id'],
  ['admin', 'POST', '/api/subscriptions/:id/cancel'],
  ['admin', 'POST', '/api/subscriptions/:id/extend'],
  ['cashier', 'PUT', '/api/subscriptions/:id/network'],
  ['cashier', 'POST', '/api/subscriptions/:id/resume'],
  ['cashier', 'POST', '/api/subscriptions/:id/suspend'],
  ['viewer', 'GET', '/api/vpn'],
]

/** Open to everybody, each with a token or code of its own where it must be. */
const open = [
  'GET /api/packages',
  'POST /api/payments/stk',
  'GET /api/payments/:id',
  'GET /api/payments/:id/events',
  'POST /api/payments/claim',
  'POST /api/mpesa/c2b/:secret/confirmation',
  'POST /api/mpesa/c2b/:secret/validation',
  'POST /api/mpesa/callback/:token',
  'POST /api/vouchers/redeem',
  'POST /api/access/resume',
  'POST /api/sms/delivery/:secret',
  'GET /api/routers/adopt/:token/script',
  'POST /api/routers/adopt/:token',
  'POST /api/session',
  'DELETE /api/session',
]

const RANK: Record<Role, number> = { viewer: 1, cashier: 2, admin: 3 }
const roles = Object.keys(RANK) as Role[]
const at = (path: string) => path.replace(/:\w+/g, '1')

/** Every call that is registered, with the role that it demands. */
function callsOf({ app }: Desk) {
  const calls = new Map<string, { method: string; path: string; role: Role | undefined }>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL' || !/^\/(api|metrics)/.test(path)) continue
    const known = calls.get(`${method} ${path}`)
    calls.set(`${method} ${path}`, { method, path, role: known?.role ?? roleOf(handler) })
  }
  return [...calls.values()]
}

/** `/metrics` is open to the box itself, and so its guard is not the first thing there. */
const guardedCalls = (desk: Desk) => [
  ...callsOf(desk).flatMap(({ role, ...call }) => (role === undefined ? [] : [{ ...call, role }])),
  { method: 'GET', path: '/metrics', role: 'viewer' as Role },
]

const bodyFor = (method: string) => (method === 'POST' || method === 'PATCH' ? {} : undefined)

test('every call of the API demands a role, but for those that are meant for everybody', (t) => {
  const unguarded = callsOf(openDesk(t)).filter(({ role, path }) => role === undefined && path !== '/metrics')
  assert.deepEqual(unguarded.map(({ method, path }) => `${method} ${path}`).sort(), open.toSorted())
})

test('who may do what is as it was decided', (t) => {
  const line = (role: Role, method: string, path: string) => `${path} ${method} ${role}`
  const found = guardedCalls(openDesk(t)).map(({ role, method, path }) => line(role, method, path))
  assert.deepEqual(found.sort(), guarded.map((call) => line(...call)).sort())
})

test('a stranger gets 401 from every operators’ call, and changes nothing', async (t) => {
  const desk = openDesk(t)
  const before = desk.everything()
  for (const { method, path } of guardedCalls(desk)) {
    const { status, body } = await desk.ask(null, method, at(path), bodyFor(method))
    assert.deepEqual([status, body.code], [401, 'unauthenticated'], `${method} ${path}`)
  }
  assert.deepEqual(desk.everything(), before)
})

test('a role that is too small gets 403 from every call above it, and changes nothing', async (t) => {
  const desk = openDesk(t)
  const before = desk.everything()
  for (const { role: needed, method, path } of guardedCalls(desk)) {
    for (const role of roles.filter((role) => RANK[role] < RANK[needed])) {
      const { status, body } = await desk.ask(role, method, at(path), bodyFor(method))
      assert.deepEqual([status, body.code], [403, 'forbidden'], `${role}: ${method} ${path}`)
      assert.match(body.detail, new RegExp(needed))
    }
  }
  assert.deepEqual(desk.everything(), before)
})

test('whoever has the role, or a greater one, is let in', async (t) => {
  const desk = openDesk(t)
  for (const { role: needed, method, path } of guardedCalls(desk)) {
    for (const role of roles.filter((role) => RANK[role] >= RANK[needed])) {
      const answer = await desk.request(role, method, at(path), bodyFor(method))
      await answer.body?.cancel()
      assert.ok(![401, 403].includes(answer.status), `${role}: ${method} ${path} answered ${answer.status}`)
    }
  }
})

test('a token that is unknown, empty or of another scheme opens nothing', async (t) => {
  const { ask } = openDesk(t)
  for (const given of [
    'Bearer wrong',
    'Bearer ',
    'Bearer',
    `Basic ${TOKENS.admin}`,
    TOKENS.admin,
    `Bearer ${TOKENS.admin} x`,
  ]) {
    const { status } = await ask(null, 'GET', '/api/routers', undefined, { headers: { Authorization: given } })
    assert.equal(status, 401, given)
  }
})

test('the configured bootstrap token is an admin', async (t) => {
  const { ask, rooms } = openDesk(t, { MLANGO_ADMIN_TOKEN: 'a-bootstrap-token' })
  const headers = { Authorization: 'Bearer a-bootstrap-token' }
  assert.equal((await ask(null, 'POST', '/api/tokens', { name: 'till', role: 'cashier' }, { headers })).status, 201)
  assert.deepEqual(rooms.rows('SELECT actor FROM audit'), [{ actor: 'bootstrap' }])
  const wrong = { Authorization: 'Bearer a-bootstrap-tokeN' }
  assert.equal((await ask(null, 'GET', '/api/audit', undefined, { headers: wrong })).status, 401)
})

test('who comes by the socket in the data directory is an admin named local', async (t) => {
  const { ask, rooms } = openDesk(t)
  assert.equal((await ask(null, 'POST', '/api/tokens', { name: 'till', role: 'viewer' }, { local: true })).status, 201)
  assert.deepEqual(rooms.rows('SELECT actor, action FROM audit'), [{ actor: 'local', action: 'token.create' }])
})

test('what is asked with a token needs no same origin: no browser sends it by itself', async (t) => {
  const { ask } = openDesk(t)
  const headers = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' }
  assert.equal((await ask('admin', 'POST', '/api/tokens', { name: 'till', role: 'viewer' }, { headers })).status, 201)
})

test('no answer of any call shows a secret to anybody', async (t) => {
  const desk = openDesk(t, {
    MLANGO_SMS_PROVIDER: 'africastalking',
    MLANGO_SMS_USERNAME: 'u',
    MLANGO_SMS_API_KEY: 'the-sms-key',
  })
  await desk.addOperator('amina')
  const router = { name: 'Tower 1', api_password: 'the-api-password', radius_secret: 'the-radius-secret' }
  await desk.ask('admin', 'POST', '/api/routers', router)
  const packageId = desk.rooms.addPackage()
  const given = { package_id: packageId, reason: 'test', username: 'guest', password: 'customers-password' }
  const grant = await desk.ask('admin', 'POST', '/api/grants', given)
  assert.equal(grant.body.password, 'customers-password')

  const secrets = [
    ...['the-api-password', 'the-radius-secret', 'customers-password', 'the-sms-key', 'the-passkey'],
    ...['the-consumer-secret', 'scrypt$', ...Object.values(TOKENS)],
    ...[desk.rooms.site.tokenKey.toString('hex'), desk.rooms.site.tokenKey.toString('base64url')],
  ]
  const reads = [...guarded.filter(([, method]) => method === 'GET'), ['admin', 'GET', '/api/packages'] as const]
  for (const [, method, path] of reads.filter(([, , path]) => !/script|events/.test(path))) {
    const { text } = await desk.ask('admin', method, at(path))
    for (const secret of secrets) assert.ok(!text.includes(secret), `${path} shows ${secret}`)
  }
  for (const secret of secrets) assert.ok(!desk.logLines.join('').includes(secret), `the log shows ${secret}`)
  assert.ok(!JSON.stringify(desk.rooms.rows('SELECT * FROM audit')).includes('password'))
})

for (const who of [null, 'admin'] as Who[]) {
  test(`an address that is not there is a 404 for ${who ?? 'a stranger'}`, async (t) => {
    const { ask } = openDesk(t)
    const { status, body } = await ask(who, 'GET', '/api/nothing')
    assert.deepEqual([status, body.code], [404, 'not-found'])
  })
}
