import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { inOneState, openReader, openWriter, sql } from '../../src/store/database.ts'
import { countCommit, openCommitCount, shareReads } from '../../src/store/shared-reads.ts'

function setup(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-reads-'))
  const file = join(folder, 'mlango.db')
  const writer = openWriter(file)
  writer.exec('CREATE TABLE doors (name TEXT) STRICT')
  const commits = openCommitCount()
  const reader = openReader(file)
  const endReads = shareReads(reader, commits)
  t.after(() => {
    endReads()
    reader.close()
    writer.close()
    rmSync(folder, { recursive: true })
  })
  return {
    reader,
    commit(name: string) {
      writer.prepare('INSERT INTO doors VALUES (?)').run(name)
      countCommit(commits)
    },
    doors: () => sql(reader, 'SELECT name FROM doors ORDER BY rowid').pluck().all(),
    writer,
  }
}

test('what was committed is seen at once, however long ago the last question was', (t) => {
  const { commit, doors } = setup(t)
  assert.deepEqual(doors(), [])
  commit('front')
  assert.deepEqual(doors(), ['front'])
  commit('back')
  assert.deepEqual(doors(), ['front', 'back'])
})

test('the questions of a turn share one transaction between two commits', (t) => {
  const { commit, doors, reader, writer } = setup(t)
  commit('front')
  doors()
  assert.ok(reader.inTransaction)
  // Uncounted, so that it shows whether a transaction of its own was begun.
  writer.exec("INSERT INTO doors VALUES ('back')")
  assert.deepEqual(doors(), ['front'])
})

test('questions go on when SQLite has ended their transaction by itself', (t) => {
  const { commit, doors, reader } = setup(t)
  commit('front')
  doors()
  // As it does on an error of the disk.
  reader.exec('ROLLBACK')
  commit('back')
  assert.deepEqual(doors(), ['front', 'back'])
})

test('what is read together shows one state, whatever is committed meanwhile, and the next question the new one', (t) => {
  const { commit, doors, reader } = setup(t)
  const both = inOneState(reader, () => {
    const before = doors()
    commit('front')
    return [before, doors()]
  })
  assert.deepEqual(both, [[], []])
  assert.deepEqual(doors(), ['front'])
})

test('a state is let go at the end of the turn, so that the log can begin anew', async (t) => {
  const { commit, doors, reader, writer } = setup(t)
  commit('front')
  doors()
  commit('back')
  doors()
  const busy = () => (writer.pragma('wal_checkpoint(RESTART)') as { busy: number }[])[0]?.busy
  writer.pragma('busy_timeout = 0')
  assert.equal(busy(), 1)
  await setImmediate()
  assert.ok(!reader.inTransaction)
  assert.equal(busy(), 0)
  assert.deepEqual(doors(), ['front', 'back'])
})
