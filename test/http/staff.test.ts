import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk, PASSWORD } from './desk.ts'

test('an operator is added once and may sign in; the password is nowhere', async (t) => {
  const desk = openDesk(t)
  const asked = { username: 'amina', role: 'cashier', password: PASSWORD }
  const { status, body } = await desk.ask('admin', 'POST', '/api/users', asked)
  assert.equal(status, 201)
  assert.deepEqual({ ...body, id: 0 }, { id: 0, username: 'amina', role: 'cashier' })
  const again = await desk.ask('admin', 'POST', '/api/users', asked)
  assert.deepEqual([again.status, again.body.code], [409, 'name-taken'])
  assert.equal((await desk.ask(null, 'POST', '/api/session', { username: 'amina', password: PASSWORD })).status, 200)
  assert.ok(!JSON.stringify(desk.everything()).includes(PASSWORD))
})

for (const [field, change] of [
  ['password', { password: 'too short' }],
  ['username', { username: 'a' }],
  ['username', { username: 'has spaces' }],
  ['role', { role: 'owner' }],
] as const) {
  test(`an operator with a wrong ${field} (${JSON.stringify(change)}) is not added`, async (t) => {
    const desk = openDesk(t)
    const before = desk.everything()
    const asked = { username: 'amina', role: 'cashier', password: PASSWORD, ...change }
    const { status, body } = await desk.ask('admin', 'POST', '/api/users', asked)
    assert.deepEqual([status, body.errors.length, body.errors[0].field], [422, 1, field])
    assert.deepEqual(desk.everything(), before)
  })
}

test('a new password opens, the old one no longer', async (t) => {
  const desk = openDesk(t)
  await desk.addOperator('amina')
  const password = 'another long password'
  assert.equal((await desk.ask('admin', 'POST', '/api/users/amina/password', { password })).status, 204)
  assert.equal((await desk.ask(null, 'POST', '/api/session', { username: 'amina', password: PASSWORD })).status, 401)
  assert.equal((await desk.ask(null, 'POST', '/api/session', { username: 'amina', password })).status, 200)
  const nobody = await desk.ask('admin', 'POST', '/api/users/nobody/password', { password })
  assert.deepEqual([nobody.status, nobody.body.code], [404, 'user-unknown'])
})

test('a token works at once with its role, and is shown once', async (t) => {
  const desk = openDesk(t)
  const { status, body } = await desk.ask('admin', 'POST', '/api/tokens', { name: 'till', role: 'viewer' })
  assert.equal(status, 201)
  const headers = { Authorization: `Bearer ${body.token}` }
  assert.equal((await desk.ask(null, 'GET', '/api/grants', undefined, { headers })).status, 200)
  assert.equal((await desk.ask(null, 'GET', '/api/audit', undefined, { headers })).status, 403)
  assert.ok(!JSON.stringify(desk.everything()).includes(body.token))
})
