import assert from 'node:assert/strict'
import { test } from 'node:test'
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
