import assert from 'node:assert/strict'
import { test } from 'node:test'
import Database from 'better-sqlite3'
import { sql } from '../../src/store/database.ts'
import { hideParameters } from '../../src/store/hidden-parameters.ts'

test('every parameter gets a sign, with or without a name', () => {
  assert.equal(
    hideParameters('SELECT 1 WHERE a = ? AND b=:nowMs LIMIT ?'),
    'SELECT 1 WHERE a = +? AND b=+:nowMs LIMIT +?',
  )
  assert.equal(hideParameters('VALUES (?, ?,:a)'), 'VALUES (+?, +?,+:a)')
})

test('text in quotes stays as it is', () => {
  assert.equal(hideParameters("SELECT 'what?', 'it''s :now', ?"), "SELECT 'what?', 'it''s :now', +?")
})

test('a pattern stays visible to the planner', () => {
  assert.equal(hideParameters('a GLOB :shape AND b LIKE ? AND c = ?'), 'a GLOB :shape AND b LIKE ? AND c = +?')
})

test('every statement of the daemon has its parameters hidden, and means the same', () => {
  const db = new Database(':memory:')
  const statement = sql(
    db,
    "SELECT value, '?' AS mark FROM json_each(:list) WHERE value > :least ORDER BY value LIMIT :most",
  )
  assert.ok(!/[^+]:\w/.test(statement.source), statement.source)
  assert.deepEqual(statement.all({ list: '[3,1,2]', least: 1, most: 1 }), [{ value: 2, mark: '?' }])
  db.close()
})
