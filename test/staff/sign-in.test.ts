import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { operatorByUsername, operatorOfSession } from '../../src/staff/operator-table.ts'
import {
  addOperator,
  closeOperatorSession,
  hashToken,
  noteFailedSignIn,
  openOperatorSession,
  resetPassword,
} from '../../src/staff/staff.ts'
import { openRooms } from '../billing/rooms.ts'

const MINUTE_MS = 60_000

function setup(t: TestContext) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const added = rooms.run(addOperator, { username: 'amina', passwordHash: 'hash 1', role: 'cashier' })
  assert.equal(added.outcome, 'added')
  const operatorId = added.outcome === 'added' ? added.operatorId : 0
  return {
    rooms,
    operatorId,
    operator: () => operatorByUsername(rooms.reader, 'amina'),
    fail: (times: number) => {
      for (let time = 0; time < times; time++) rooms.run(noteFailedSignIn, { operatorId })
    },
    open: (token: string, passwordHash = 'hash 1') =>
      rooms.run(openOperatorSession, { operatorId, passwordHash, tokenHash: hashToken(token) }),
    holder: (token: string) => operatorOfSession(rooms.reader, hashToken(token), rooms.clock.nowMs())?.username,
  }
}

test('the fifth wrong password in a row locks the account for 30 minutes, and the journal says so', (t) => {
  const { rooms, operatorId, operator, fail } = setup(t)
  fail(4)
  assert.equal(operator()?.suspendedUntilMs, null)
  fail(1)
  const untilMs = rooms.clock.nowMs() + 30 * MINUTE_MS
  assert.equal(operator()?.suspendedUntilMs, untilMs)
  assert.deepEqual(
    rooms.facts('account.suspended').map(({ data }) => data),
    [{ operatorId, username: 'amina', untilMs }],
  )
})

test('wrong passwords that were under way when the account was locked lock it no longer', (t) => {
  const { rooms, operator, fail } = setup(t)
  fail(5)
  const lockedUntilMs = operator()?.suspendedUntilMs
  rooms.clock.step(MINUTE_MS)
  fail(5)
  assert.equal(operator()?.suspendedUntilMs, lockedUntilMs)
  assert.equal(rooms.facts('account.suspended').length, 1)
})

test('a locked account is not opened, even with the right password', (t) => {
  const { rooms, fail, open, holder } = setup(t)
  fail(5)
  assert.deepEqual(open('token'), { outcome: 'suspended' })
  assert.equal(holder('token'), undefined)
  rooms.clock.step(30 * MINUTE_MS)
  assert.equal(open('token').outcome, 'opened')
  assert.equal(holder('token'), 'amina')
})

test('a right password forgives the wrong ones before it', (t) => {
  const { operator, fail, open } = setup(t)
  fail(4)
  open('token')
  fail(4)
  assert.equal(operator()?.suspendedUntilMs, null)
})

test('after the lock five more tries are needed for the next one', (t) => {
  const { rooms, operator, fail } = setup(t)
  fail(5)
  rooms.clock.step(31 * MINUTE_MS)
  fail(4)
  assert.ok((operator()?.suspendedUntilMs ?? 0) < rooms.clock.nowMs())
  fail(1)
  assert.equal(operator()?.suspendedUntilMs, rooms.clock.nowMs() + 30 * MINUTE_MS)
})

test('a session lasts twelve hours', (t) => {
  const { rooms, open, holder } = setup(t)
  const opened = open('token')
  assert.deepEqual(opened, { outcome: 'opened', expiresAtMs: rooms.clock.nowMs() + 12 * 60 * MINUTE_MS })
  rooms.clock.step(12 * 60 * MINUTE_MS - 1)
  assert.equal(holder('token'), 'amina')
  rooms.clock.step(1)
  assert.equal(holder('token'), undefined)
})

test('sessions are kept as hashes, and those that are over are swept away', (t) => {
  const { rooms, open } = setup(t)
  open('token 1')
  rooms.clock.step(13 * 60 * MINUTE_MS)
  open('token 2')
  assert.deepEqual(
    rooms.rows('SELECT token_hash FROM operator_sessions').map(({ token_hash }) => token_hash),
    [hashToken('token 2')],
  )
})

test('signing out ends this session and no other', (t) => {
  const { rooms, open, holder } = setup(t)
  open('desk')
  open('phone')
  rooms.run(closeOperatorSession, { tokenHash: hashToken('desk') })
  assert.equal(holder('desk'), undefined)
  assert.equal(holder('phone'), 'amina')
})

test('a new password ends the lock and every session', (t) => {
  const { rooms, operator, fail, open, holder } = setup(t)
  open('token')
  fail(5)
  assert.equal(rooms.run(resetPassword, { username: 'amina', passwordHash: 'hash 2' }), 'reset')
  assert.equal(operator()?.suspendedUntilMs, null)
  assert.equal(operator()?.passwordHash, 'hash 2')
  assert.equal(holder('token'), undefined)
})

test('a password that was replaced while it was checked opens nothing', (t) => {
  const { rooms, open, holder } = setup(t)
  rooms.run(resetPassword, { username: 'amina', passwordHash: 'hash 2' })
  assert.deepEqual(open('token', 'hash 1'), { outcome: 'password-changed' })
  assert.equal(holder('token'), undefined)
})
