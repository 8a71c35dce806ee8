import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { openReader, openWriter } from '../../src/store/database.ts'
import { openHousekeeping } from '../../src/store/housekeeping.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-store-'))
  const databaseFile = join(directory, 'mlango.db')
  const db = openWriter(databaseFile)
  // What the house does for itself is not what is looked at here.
  db.pragma('wal_autocheckpoint = 0')
  db.exec('CREATE TABLE notes (what BLOB) STRICT')
  const clock = new SteppedClock()
  const housekeeping = openHousekeeping({ db, databaseFile, clock, log: openLog('silent', {}) })
  t.after(() => {
    housekeeping.stop()
    db.close()
    rmSync(directory, { recursive: true })
  })
  const fill = (megabytes: number) => {
    for (let at = 0; at < megabytes; at++) db.prepare('INSERT INTO notes VALUES (zeroblob(1000000))').run()
    housekeeping.committed()
  }
  return { db, databaseFile, clock, housekeeping, fill }
}

test('a long write-ahead log is moved into the file once nobody writes, and kept to be written over', (t) => {
  const { databaseFile, clock, fill } = setup(t)
  fill(3)
  const walBytes = statSync(`${databaseFile}-wal`).size
  clock.step(900)
  fill(0)
  clock.step(900)
  assert.ok(statSync(databaseFile).size < 100_000)
  clock.step(100)
  assert.ok(statSync(databaseFile).size > 3_000_000)
  assert.equal(statSync(`${databaseFile}-wal`).size, walBytes)
})

test('a short one is left alone', (t) => {
  const { databaseFile, clock, fill } = setup(t)
  fill(1)
  clock.step(5_000)
  assert.ok(statSync(databaseFile).size < 100_000)
})

test('the log begins anew also while somebody reads at every commit, and nobody stops writing for a second', (t) => {
  const { db, databaseFile, clock, housekeeping, fill } = setup(t)
  db.pragma('wal_autocheckpoint = 1000')
  const reader = openReader(databaseFile)
  t.after(() => reader.close())
  fill(1)
  for (let megabytes = 1; megabytes < 40; megabytes++) {
    // A reader of the state before, which is over soon.
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM notes').get()
    db.prepare('INSERT INTO notes VALUES (zeroblob(1000000))').run()
    reader.exec('COMMIT')
    housekeeping.committed()
    clock.step(900)
    assert.ok(statSync(`${databaseFile}-wal`).size < 18_000_000, `after ${megabytes} MB`)
  }
  assert.equal(db.prepare('SELECT count(*) FROM notes').pluck().get(), 40)
})

test('a log that somebody reads for long holds no commit up, but for once in every so many megabytes', (t) => {
  const { db, databaseFile, fill } = setup(t)
  const reader = openReader(databaseFile)
  t.after(() => reader.close())
  reader.exec('BEGIN')
  reader.prepare('SELECT count(*) FROM notes').get()
  const { mock } = t.mock.method(db, 'pragma')
  const waits = () => mock.calls.filter(({ arguments: [asked] }) => asked === 'wal_checkpoint(TRUNCATE)').length
  fill(20)
  for (let commits = 0; commits < 50; commits++) fill(0)
  assert.equal(waits(), 1)
  reader.exec('COMMIT')
  fill(17)
  assert.equal(statSync(`${databaseFile}-wal`).size, 0)
})

test('many free pages are given back, a few at a time', (t) => {
  const { db, clock, housekeeping, fill } = setup(t)
  const free = () => db.pragma('freelist_count', { simple: true }) as number
  fill(6)
  db.exec('DELETE FROM notes')
  housekeeping.committed()
  const before = free()
  assert.ok(before > 1_400, `${before}`)
  clock.step(1_000)
  assert.equal(free(), before - 200)
  clock.step(10_000)
  assert.ok(free() <= 1_000 && free() > 700, `${free()}`)
})

test('after the stop the file is left in peace', (t) => {
  const { databaseFile, clock, housekeeping, fill } = setup(t)
  fill(3)
  housekeeping.stop()
  clock.step(5_000)
  assert.ok(statSync(databaseFile).size < 100_000)
})
