import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moveCloudCursor, readCloudCursor } from '../../src/flow/cloud-cursor.ts'
import { command } from '../../src/flow/command.ts'
import { lastSeq, readJournal } from '../../src/flow/journal.ts'
import { House } from './house.ts'
import { noteFact, refuse } from './test-jobs.ts'

const noteMany = command('test.note-many', ({ journal }, { count }: { count: number }) => {
  for (let fact = 0; fact < count; fact++) journal.record('cloud.connected', {})
})

test('facts are numbered without gaps, whatever was refused between them', async (t) => {
  const house = new House()
  t.after(() => house.close())
  const all = [noteFact, refuse, noteFact, refuse, noteFact].map((named) => house.run(named, {}))
  await Promise.allSettled(all)
  assert.deepEqual(
    readJournal(house.db, 0).map(({ seq }) => seq),
    [1, 2, 3],
  )
  assert.deepEqual(
    readJournal(house.db, 1, 1).map(({ seq }) => seq),
    [2],
  )
  assert.equal(lastSeq(house.db), 3)
})

test('a commit with more facts than anybody expected is told whole', async (t) => {
  const house = new House({ commands: [noteMany] })
  t.after(() => house.close())
  await house.run(noteMany, { count: 10_500 })
  assert.equal(house.facts.length, 10_500)
  await house.run(noteFact, {})
  assert.equal(house.facts.at(-1)?.seq, 10_501)
})

test('a journal entry never changes', async (t) => {
  const house = new House()
  t.after(() => house.close())
  await house.run(noteFact, {})
  assert.throws(() => house.db.prepare("UPDATE journal SET data = '{}'").run(), /a journal entry never changes/)
})

test("the cloud's cursor only moves forward", async (t) => {
  const house = new House({ commands: [moveCloudCursor] })
  t.after(() => house.close())
  assert.equal(readCloudCursor(house.db), 0)
  await house.run(moveCloudCursor, { seq: 7 })
  await house.run(moveCloudCursor, { seq: 5 })
  assert.equal(readCloudCursor(house.db), 7)
})

test('a fact and the command that follows from it stand or fall together', async (t) => {
  const house = new House({
    reactions: { 'cloud.connected': () => [{ kind: 'command', name: 'test.stop', input: {} }] },
    commands: [
      command('test.stop', ({ journal }, _input: object): void => {
        journal.record('cloud.disconnected', {})
        throw new Error('the consequence fails')
      }),
    ],
  })
  t.after(() => house.close())
  await assert.rejects(house.run(noteFact, {}))
  assert.equal(lastSeq(house.db), 0)
})
