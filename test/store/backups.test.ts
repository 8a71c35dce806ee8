import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MlangoError } from '../../src/errors.ts'
import { backUpInProcess } from '../../src/store/backup-in-process.ts'
import { backUp, backupsIn } from '../../src/store/backups.ts'
import { copyStore } from '../../src/store/copy-store.ts'
import { type Db, openReader, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite } from '../../src/store/site.ts'

function setup(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-store-'))
  const databaseFile = join(dataDir, 'mlango.db')
  const directory = join(dataDir, 'backups')
  const db = openWriter(databaseFile)
  migrate(db)
  ensureSite(db, 'kisumu-1', 1)
  t.after(() => {
    db.close()
    rmSync(dataDir, { recursive: true })
  })
  const happen = () =>
    db.exec(
      `INSERT INTO journal SELECT coalesce(max(seq), 0) + 1, hex(randomblob(8)), 'cloud.connected', 1, '{}' FROM journal`,
    )
  const make = () => backUp({ databaseFile, directory })
  return { dataDir, databaseFile, directory, db, happen, make }
}

const lastSeq = (file: string) => look(file, (db) => db.prepare('SELECT max(seq) FROM journal').pluck().get())

function look<Value>(file: string, ask: (db: Db) => Value): Value {
  const db = openReader(file)
  try {
    return ask(db)
  } finally {
    db.close()
  }
}

test('a backup is a whole database of its own, made while the writer writes, and for nobody else to read', (t) => {
  const { db, happen, make } = setup(t)
  happen()
  db.exec('BEGIN IMMEDIATE')
  happen()
  const made = make()
  db.exec('COMMIT')
  assert.ok(made.outcome === 'made')
  assert.equal(lastSeq(made.file), 1)
  assert.equal(statSync(made.file).mode & 0o777, 0o600)
  assert.equal(made.bytes, statSync(made.file).size)
  assert.equal(
    look(made.file, (copy) => copy.pragma('auto_vacuum', { simple: true })),
    2,
  )
})

test('when nothing has happened there is nothing to back up', (t) => {
  const { happen, make, directory } = setup(t)
  happen()
  assert.equal(make().outcome, 'made')
  assert.equal(make().outcome, 'nothing-new')
  happen()
  assert.equal(make().outcome, 'made')
  assert.equal(backupsIn(directory).length, 2)
})

test('what an operator changed is worth a backup, although it is no fact of the trade', (t) => {
  const { db, make } = setup(t)
  make()
  db.exec("INSERT INTO audit (at_ms, actor, action, subject) VALUES (1, 'Amina', 'package.create', 'package 1')")
  assert.equal(make().outcome, 'made')
  assert.equal(make().outcome, 'nothing-new')
})

test('a newest backup that cannot be read any more does not keep the next from being made', (t) => {
  const { happen, make, directory } = setup(t)
  for (const damage of ['', 'torn off', Buffer.alloc(8_192, 0xff)]) {
    happen()
    make()
    const [newest = ''] = backupsIn(directory)
    writeFileSync(newest, damage)
    const made = make()
    assert.ok(made.outcome === 'made')
    assert.notEqual(made.file, newest)
    assert.equal(make().outcome, 'nothing-new')
  }
})

test('the newest eight are kept, whatever the clock said when they were made', (t) => {
  const { happen, make, directory } = setup(t)
  for (let hour = 0; hour < 11; hour++) {
    happen()
    make()
  }
  assert.deepEqual(backupsIn(directory).map(lastSeq), [11, 10, 9, 8, 7, 6, 5, 4])
  assert.deepEqual(readdirSync(directory).length, 8)
})

test('the backup before stays until the new one is proven: a damaged database takes no good backup away', (t) => {
  const { databaseFile, happen, make, directory, db } = setup(t)
  for (let at = 0; at < 300; at++) happen()
  make()
  db.pragma('wal_checkpoint(TRUNCATE)')
  const file = readFileSync(databaseFile)
  const copy = join(directory, '../damaged.db')
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'journal'").pluck().get() as number
  file.fill(0xff, (root - 1) * 4096, root * 4096)
  writeFileSync(copy, file)
  const [newest = ''] = backupsIn(directory)
  assert.throws(() => copyStore(copy, newest), { code: 'copy-unsound' })
  assert.equal(lastSeq(newest), 300)
  assert.deepEqual(readdirSync(directory).length, 1)
})

test('another program’s database is not taken for ours', (t) => {
  const { dataDir } = setup(t)
  const other = openWriter(join(dataDir, 'other.db'))
  other.exec('CREATE TABLE notes (what TEXT) STRICT')
  other.close()
  assert.throws(() => copyStore(join(dataDir, 'other.db'), join(dataDir, 'copy.db')), { code: 'not-a-store' })
  assert.ok(!existsSync(join(dataDir, 'copy.db')))
})

test('what a power cut left of a copy is not in the way of the next', (t) => {
  const { dataDir, databaseFile } = setup(t)
  const { pid: dead } = spawnSync('true')
  for (const pid of [dead, process.pid]) writeFileSync(join(dataDir, `copy.db.${pid}.part`), 'half a copy')
  copyStore(databaseFile, join(dataDir, 'copy.db'))
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith('copy.db')),
    ['copy.db'],
  )
})

test('a copy that another process is making to the same place is left alone', (t) => {
  const { dataDir, databaseFile } = setup(t)
  const another = join(dataDir, `copy.db.${process.ppid}.part`)
  writeFileSync(another, 'half a copy')
  copyStore(databaseFile, join(dataDir, 'copy.db'))
  assert.ok(existsSync(join(dataDir, 'copy.db')))
  assert.equal(readFileSync(another, 'utf8'), 'half a copy')
})

test('a backup that is broken off leaves nothing that looks like one, and the next is whole', async (t) => {
  const { databaseFile, directory, happen } = setup(t)
  for (let at = 0; at < 500; at++) happen()
  const stop = new AbortController()
  const broken = backUpInProcess({ databaseFile, directory }, stop.signal)
  stop.abort(new MlangoError('stopping', 'The daemon is stopping'))
  await assert.rejects(broken, { code: 'stopping' })
  assert.deepEqual(backupsIn(directory), [])
  const made = await backUpInProcess({ databaseFile, directory }, new AbortController().signal)
  assert.equal(made.outcome, 'made')
  assert.deepEqual(backupsIn(directory).map(lastSeq), [500])
})

test('why there is no backup is told across processes', async (t) => {
  const { dataDir, directory } = setup(t)
  const other = openWriter(join(dataDir, 'other.db'))
  other.exec('CREATE TABLE notes (what TEXT) STRICT')
  other.close()
  const copying = backUpInProcess({ databaseFile: join(dataDir, 'other.db'), directory }, new AbortController().signal)
  await assert.rejects(copying, { code: 'not-a-store' })
})
