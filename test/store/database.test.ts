import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { assertDurable, openReader, openWriter, sql } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite, raiseBoot, readSite, siteToken } from '../../src/store/site.ts'
import { beSoleDaemon } from '../../src/store/sole-daemon.ts'

function setup(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-store-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'mlango.db')
}

test('after a write the writer still waits for the disk at every commit', (t) => {
  const db = openWriter(setup(t))
  db.exec('CREATE TABLE notes (what TEXT) STRICT')
  db.prepare('INSERT INTO notes VALUES (?)').run('a')
  assertDurable(db)
  assert.equal(db.pragma('synchronous', { simple: true }), 2)
  db.pragma('synchronous = NORMAL')
  assert.throws(() => assertDurable(db), { code: 'store-not-durable' })
  db.close()
})

test('the trap is real: without a word a connection in WAL mode turns to NORMAL', async (t) => {
  const { default: Database } = await import('better-sqlite3')
  const db = new Database(setup(t))
  db.pragma('journal_mode = WAL')
  db.exec('CREATE TABLE notes (what TEXT)')
  assert.throws(() => assertDurable(db), { code: 'store-not-durable' })
  db.close()
})

test('the file gives back what it no longer needs, and obeys its references', (t) => {
  const db = openWriter(setup(t))
  db.exec('CREATE TABLE notes (what TEXT) STRICT')
  const pragma = (name: string) => db.pragma(name, { simple: true })
  assert.deepEqual(
    [
      'journal_mode',
      'auto_vacuum',
      'foreign_keys',
      'trusted_schema',
      'mmap_size',
      'journal_size_limit',
      'page_size',
      'secure_delete',
    ].map(pragma),
    ['wal', 2, 1, 0, 0, 16_777_216, 4096, 0],
  )
  db.close()
})

test('a reader reads while the writer writes, and can write nothing itself', (t) => {
  const file = setup(t)
  const writer = openWriter(file)
  writer.exec("CREATE TABLE notes (what TEXT) STRICT; INSERT INTO notes VALUES ('a')")
  const reader = openReader(file)
  writer.exec("BEGIN IMMEDIATE; INSERT INTO notes VALUES ('b')")
  assert.equal(reader.prepare('SELECT count(*) FROM notes').pluck().get(), 1)
  assert.throws(() => reader.exec("INSERT INTO notes VALUES ('c')"), /readonly/)
  writer.exec('COMMIT')
  assert.equal(reader.prepare('SELECT count(*) FROM notes').pluck().get(), 2)
  reader.close()
  writer.close()
})

test('a reader makes no file', (t) => {
  const file = setup(t)
  assert.throws(() => openReader(file))
  assert.equal(statSync(file, { throwIfNoEntry: false }), undefined)
})

test('a statement is compiled once for each connection', (t) => {
  const db = openWriter(setup(t))
  assert.equal(sql(db, 'SELECT 1'), sql(db, 'SELECT 1'))
  assert.notEqual(sql(db, 'SELECT 1'), sql(db, 'SELECT 2'))
  db.close()
})

/** One file for each step. */
const newestSchema = readdirSync(new URL('../../src/store/migrations', import.meta.url)).filter((name) =>
  name.endsWith('.js'),
).length

test('every table is strict, and the migrations can be run again', (t) => {
  const db = openWriter(setup(t))
  migrate(db)
  migrate(db)
  const loose = db.prepare(
    "SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'",
  )
  assert.deepEqual(loose.pluck().all(), [])
  assert.equal(db.pragma('user_version', { simple: true }), newestSchema)
  db.close()
})

test('a file that a newer release has written is refused in a sentence', (t) => {
  const db = openWriter(setup(t))
  db.pragma('user_version = 700')
  assert.throws(() => migrate(db), {
    code: 'schema-too-new',
    message: `The database has schema 700, this release knows ${newestSchema}: start the newer release that wrote it`,
  })
  assert.equal(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get(), 0)
  db.close()
})

test('a migration that fails leaves the schema as it was', (t) => {
  const db = openWriter(setup(t))
  db.exec('CREATE TABLE vouchers (in_the_way TEXT) STRICT')
  assert.throws(() => migrate(db), /vouchers/)
  assert.equal(db.pragma('user_version', { simple: true }), 0)
  assert.deepEqual(db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all(), ['vouchers'])
  db.close()
})

test('the site is made once: its id, its epoch and its key stay', (t) => {
  const db = openWriter(setup(t))
  migrate(db)
  const site = ensureSite(db, 'kisumu-1', 1)
  assert.equal(site.id, 'kisumu-1')
  assert.deepEqual(ensureSite(db, 'other', 2), site)
  assert.deepEqual(readSite(db), site)
  assert.equal(siteToken(site, 'a'), siteToken(site, 'a'))
  assert.notEqual(siteToken(site, 'a'), siteToken(site, 'b'))
  assert.notEqual(siteToken(site, 'a'), siteToken({ ...site, tokenKey: Buffer.alloc(32) }, 'a'))
  assert.match(siteToken(site, 'a'), /^[\w-]{32}$/)
  db.close()
})

test('every start has a number of its own, also after the last ones are forgotten', (t) => {
  const db = openWriter(setup(t))
  migrate(db)
  assert.deepEqual([raiseBoot(db, 1), raiseBoot(db, 1)], [1, 2])
  db.exec('DELETE FROM boots')
  assert.equal(raiseBoot(db, 1), 3)
  db.close()
})

test('there is one daemon for a database; the place is free again when it ends', (t) => {
  const file = setup(t)
  const leave = beSoleDaemon(file)
  assert.throws(() => beSoleDaemon(file), {
    code: 'store-in-use',
    message: `Another mlango runs on ${file}: stop it first`,
  })
  leave()
  beSoleDaemon(file)()
})

test('what is no database is not taken for one', (t) => {
  const file = setup(t)
  writeFileSync(file, 'These are the notes of a meeting, and long enough to fill a header. '.repeat(50))
  assert.throws(() => migrate(openWriter(file)), /not a database/)
})
