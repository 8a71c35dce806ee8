import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { type Db, openWriter } from '../../src/store/database.ts'
import { migrate, newestSchema, schemaOf } from '../../src/store/migrate.ts'
import { finishRestore, stageRestore } from '../../src/store/restore.ts'
import { ensureSite, readSite } from '../../src/store/site.ts'
import { goBack, upgrade } from '../../src/store/upgrade.ts'

const OLD = newestSchema - 1
const silent = openLog('silent', {})

/** A site that the release before has run. */
function setup(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-upgrade-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const databaseFile = join(dataDir, 'mlango.db')
  const using = <Value>(use: (db: Db) => Value): Value => {
    const db = openWriter(databaseFile)
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
  const { epoch } = using((db) => {
    migrate(db, OLD)
    db.exec("INSERT INTO journal VALUES (1, 'id-1', 'cloud.connected', 1, '{}')")
    return ensureSite(db, 'kisumu-1', 1)
  })
  return {
    databaseFile,
    epoch,
    using,
    files: () => readdirSync(dataDir).sort(),
    /** What a release whose newest schema is `newest` does at its start. */
    start: (newest: number) => {
      const aside = goBack(databaseFile, newest)
      return using((db) => {
        const forgetWayBack = upgrade(db, databaseFile, silent, newest)
        return { aside, schema: schemaOf(db), forgetWayBack }
      })
    },
  }
}

const lastSeq = (db: Db) => db.prepare('SELECT max(seq) FROM journal').pluck().get()

test('a release that is put back after a failed upgrade has its database again, under a new epoch', (t) => {
  const { start, using, epoch, files } = setup(t)
  assert.equal(start(newestSchema).schema, newestSchema)
  const back = start(OLD)
  assert.equal(back.schema, OLD)
  assert.ok(back.aside && existsSync(join(back.aside, 'mlango.db')), 'the newer file is kept')
  assert.deepEqual(files(), ['mlango.db', 'set-aside-1'])
  using((db) => {
    assert.equal(lastSeq(db), 1)
    assert.equal(readSite(db).id, 'kisumu-1')
    assert.notEqual(readSite(db).epoch, epoch, 'the cloud may have heard of numbers that come again')
  })
})

test('what was written after an upgrade is not given up: the release before refuses the file', (t) => {
  const { start, files } = setup(t)
  start(newestSchema).forgetWayBack()
  assert.throws(() => start(OLD), { code: 'schema-too-new' })
  assert.deepEqual(files(), ['mlango.db'])
})

test('an upgrade that fails time and again is taken back all the same', (t) => {
  const { start, using } = setup(t)
  start(newestSchema)
  start(newestSchema)
  assert.equal(start(OLD).schema, OLD)
  assert.equal(start(newestSchema).schema, newestSchema)
  using((db) => assert.equal(lastSeq(db), 1))
})

test('the way back is no way past a restore that was asked for', (t) => {
  const { start, using, databaseFile } = setup(t)
  start(newestSchema)
  using((db) => db.exec("INSERT INTO journal VALUES (2, 'id-2', 'cloud.connected', 2, '{}')"))
  stageRestore({ databaseFile, backup: databaseFile, reason: 'asked', nowMs: 3 })
  finishRestore(databaseFile)
  assert.throws(() => start(OLD), { code: 'schema-too-new' })
  using((db) => assert.equal(lastSeq(db), 2))
})

test('a release that is older still leaves the copy alone', (t) => {
  const { start, files } = setup(t)
  start(newestSchema)
  assert.throws(() => start(OLD - 1), { code: 'schema-too-new' })
  assert.ok(files().includes('mlango.db-before-upgrade'))
})

test('a new database and an unchanged one leave no copy', (t) => {
  const { start, files, databaseFile } = setup(t)
  start(OLD)
  assert.deepEqual(files(), ['mlango.db'])
  rmSync(databaseFile)
  start(newestSchema)
  assert.deepEqual(files(), ['mlango.db'])
})
