import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { auditEntries } from '../../src/staff/audit-table.ts'
import { anyOperator, operatorByUsername, tokenHolder } from '../../src/staff/operator-table.ts'
import {
  addApiToken,
  addFirstOperator,
  addOperator,
  hashToken,
  recordAudit,
  resetPassword,
} from '../../src/staff/staff.ts'
import { openRooms } from '../billing/rooms.ts'

function setup(t: TestContext) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  return rooms
}

test('the configured operator is made while there is nobody, as admin', (t) => {
  const rooms = setup(t)
  assert.equal(anyOperator(rooms.reader), false)
  rooms.run(addFirstOperator, { username: 'owner', passwordHash: 'hash' })
  assert.equal(anyOperator(rooms.reader), true)
  assert.equal(operatorByUsername(rooms.reader, 'owner')?.role, 'admin')
})

test('the configured operator changes nothing once there is somebody', (t) => {
  const rooms = setup(t)
  rooms.run(addOperator, { username: 'amina', passwordHash: 'hash', role: 'viewer' })
  rooms.run(addFirstOperator, { username: 'owner', passwordHash: 'hash' })
  rooms.run(addFirstOperator, { username: 'amina', passwordHash: 'another' })
  assert.equal(operatorByUsername(rooms.reader, 'owner'), undefined)
  assert.deepEqual(operatorByUsername(rooms.reader, 'amina')?.passwordHash, 'hash')
  assert.equal(operatorByUsername(rooms.reader, 'amina')?.role, 'viewer')
})

test('a username belongs to one operator', (t) => {
  const rooms = setup(t)
  rooms.run(addOperator, { username: 'amina', passwordHash: 'hash', role: 'viewer' })
  assert.deepEqual(rooms.run(addOperator, { username: 'amina', passwordHash: 'other', role: 'admin' }), {
    outcome: 'name-taken',
  })
  assert.equal(operatorByUsername(rooms.reader, 'amina')?.role, 'viewer')
})

test('two operators do not differ only in capitals', (t) => {
  const rooms = setup(t)
  rooms.run(addOperator, { username: 'amina', passwordHash: 'hash', role: 'viewer' })
  const again = rooms.run(addOperator, { username: 'Amina', passwordHash: 'other', role: 'admin' })
  assert.deepEqual(again, { outcome: 'name-taken' })
  assert.equal(operatorByUsername(rooms.reader, 'Amina'), undefined)
})

test('nobody gets a new password under an unknown name', (t) => {
  const rooms = setup(t)
  assert.equal(rooms.run(resetPassword, { username: 'nobody', passwordHash: 'hash' }), 'unknown')
})

test('the file knows three roles and no other', (t) => {
  const rooms = setup(t)
  for (const role of ['admin', 'cashier', 'viewer'] as const) {
    rooms.run(addOperator, { username: role, passwordHash: 'hash', role })
  }
  assert.throws(() => rooms.run(addOperator, { username: 'x', passwordHash: 'hash', role: 'owner' as 'admin' }))
})

test('a token opens with its role, and only its hash is on the disk', (t) => {
  const rooms = setup(t)
  rooms.run(addApiToken, { name: 'till', role: 'cashier', tokenHash: hashToken('the token') })
  assert.deepEqual(tokenHolder(rooms.reader, hashToken('the token')), { name: 'till', role: 'cashier' })
  assert.equal(tokenHolder(rooms.reader, hashToken('The token')), undefined)
  assert.ok(!JSON.stringify(rooms.rows('SELECT name, hex(token_hash) FROM api_tokens')).includes('the token'))
})

test('the audit comes newest first, in pages, and nothing in it can be changed or removed', (t) => {
  const rooms = setup(t)
  for (const subject of ['1', '2', '3']) rooms.run(recordAudit, { actor: 'amina', action: 'grant.create', subject })
  const page = auditEntries(rooms.reader, 2)
  assert.deepEqual(
    page.map(({ subject }) => subject),
    ['3', '2'],
  )
  assert.deepEqual(auditEntries(rooms.reader, 2, page[1]?.id), [
    { id: 1, actor: 'amina', action: 'grant.create', subject: '1', atMs: rooms.clock.nowMs() },
  ])
  assert.throws(() => rooms.db.exec("UPDATE audit SET actor = 'somebody else'"), /never changes/)
  assert.throws(() => rooms.db.exec('DELETE FROM audit'), /never deleted/)
})
