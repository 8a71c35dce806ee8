import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { backUp, backupsIn } from '../../src/store/backups.ts'
import type { Db } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { finishRestore, stageRestore } from '../../src/store/restore.ts'
import { restoreAlarm } from '../../src/store/restore-alarm.ts'
import { ensureSite, readSite } from '../../src/store/site.ts'
import { openSoundStore } from '../../src/store/sound-store.ts'

const NOW_MS = 1_800_000_000_000

/** A house with two backups: after the first fact and after the second; the third is only in the file. */
function setup(t: TestContext) {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-store-'))
  const databaseFile = join(dataDir, 'mlango.db')
  const backupDirectory = join(dataDir, 'backups')
  const logLines: { level: string; msg: string }[] = []
  const log = openLog('info', {}, { write: (line) => logLines.push(JSON.parse(line)) })
  let db: Db | undefined
  const open = () => {
    db = openSoundStore({ databaseFile, backupDirectory, nowMs: NOW_MS, log })
    migrate(db)
    return db
  }
  const close = () => db?.close()
  t.after(() => {
    close()
    rmSync(dataDir, { recursive: true })
  })
  const first = open()
  const { epoch } = ensureSite(first, 'kisumu-1', 1)
  for (let seq = 1; seq <= 3; seq++) {
    first.exec(`INSERT INTO journal VALUES (${seq}, 'id-${seq}', 'cloud.connected', ${NOW_MS - 1000 + seq}, '{}')`)
    if (seq < 3) backUp({ databaseFile, directory: backupDirectory })
  }
  close()
  const aside = () => readdirSync(dataDir).filter((name) => name.startsWith('set-aside'))
  return { dataDir, databaseFile, backupDirectory, open, close, epoch, aside, logLines }
}

const lastSeq = (db: Db) => db.prepare('SELECT max(seq) FROM journal').pluck().get()

test('a sound file is opened as it is', (t) => {
  const { open, epoch, aside } = setup(t)
  const db = open()
  assert.equal(lastSeq(db), 3)
  assert.equal(readSite(db).epoch, epoch)
  assert.equal(restoreAlarm(db, NOW_MS), undefined)
  assert.deepEqual(aside(), [])
})

const damages: Record<string, (file: string) => void> = {
  'its first page is noise': (file) => writeFileSync(file, Buffer.alloc(4096, 'noise'), { flag: 'r+' }),
  'a page within it is noise': (file) => {
    const bytes = readFileSync(file)
    // The root of sqlite_schema's neighbours: every page after the first, so that a table is hit for sure.
    bytes.fill(0xa5, 4096 * 2)
    writeFileSync(file, bytes)
  },
  'its end is missing': (file) => truncateSync(file, 4096 * 3),
  'it is empty': (file) => truncateSync(file, 0),
  'it is gone': (file) => rmSync(file),
  'it is something else': (file) => writeFileSync(file, 'These are the notes of a meeting. '.repeat(500)),
}
for (const [name, damage] of Object.entries(damages)) {
  test(`the newest backup takes the place of a damaged database, which is kept: ${name}`, (t) => {
    const { databaseFile, dataDir, open, epoch, aside, logLines } = setup(t)
    damage(databaseFile)
    const damaged = existsSync(databaseFile) ? readFileSync(databaseFile) : undefined
    const db = open()
    assert.equal(lastSeq(db), 2)
    assert.equal(readSite(db).id, 'kisumu-1')
    assert.notEqual(readSite(db).epoch, epoch, 'the numbers after 2 will be used again')
    assert.deepEqual(aside(), ['set-aside-1'])
    if (damaged) assert.deepEqual(readFileSync(join(dataDir, 'set-aside-1/mlango.db')), damaged)
    const alarm = restoreAlarm(db, NOW_MS)
    assert.equal(
      alarm?.message,
      'The database was damaged: the backup mlango-000002.db was restored. What happened between 2027-01-15T07:59:59.002Z and 2027-01-15T08:00:00.000Z is missing.',
    )
    assert.ok(logLines.some(({ level, msg }) => level === 'fatal' && msg === 'the database is damaged'))
  })
}

test('a backup that is damaged too is passed over', (t) => {
  const { databaseFile, backupDirectory, open } = setup(t)
  truncateSync(databaseFile, 5000)
  truncateSync(backupsIn(backupDirectory)[0] ?? '', 5000)
  assert.equal(lastSeq(open()), 1)
})

test('without a good backup the file stays where it is, and a sentence says what to do', (t) => {
  const { databaseFile, backupDirectory, open, aside } = setup(t)
  truncateSync(databaseFile, 5000)
  for (const backup of backupsIn(backupDirectory)) truncateSync(backup, 5000)
  assert.throws(open, {
    code: 'store-corrupt',
    message: `The database ${databaseFile} is damaged and there is no good backup: bring one with mlango restore FILE`,
  })
  assert.ok(existsSync(databaseFile))
  assert.deepEqual(aside(), [])
})

test('after a restore of a backup in which nothing had happened yet, everything before it is missing', (t) => {
  const { databaseFile, backupDirectory, open, close } = setup(t)
  open().exec('DELETE FROM journal')
  backUp({ databaseFile, directory: backupDirectory })
  close()
  const backup = backupsIn(backupDirectory).toSorted().at(-1) ?? ''
  stageRestore({ databaseFile, backup, reason: 'asked', nowMs: NOW_MS })
  assert.match(
    restoreAlarm(open(), NOW_MS)?.message ?? '',
    /was restored\. Everything before 2027-01-15T08:00:00\.000Z is missing\.$/,
  )
})

test('a restore that was asked for is done at the next start, and what was there is kept with its log', (t) => {
  const { dataDir, databaseFile, backupDirectory, open, close, aside, epoch } = setup(t)
  const running = open()
  running.exec("INSERT INTO journal VALUES (4, 'id-4', 'cloud.connected', 4, '{}')")
  const backup = backupsIn(backupDirectory)[1] ?? ''
  stageRestore({ databaseFile, backup, reason: 'asked', nowMs: NOW_MS })
  running.exec("INSERT INTO journal VALUES (5, 'id-5', 'cloud.connected', 5, '{}')")
  assert.equal(lastSeq(running), 5, 'the running daemon does not notice')
  // Killed: its log still lies beside the file.
  for (const suffix of ['', '-wal'])
    writeFileSync(`${databaseFile}${suffix}2`, readFileSync(`${databaseFile}${suffix}`))
  close()
  for (const suffix of ['', '-wal']) renameSync(`${databaseFile}${suffix}2`, `${databaseFile}${suffix}`)

  const db = open()
  assert.equal(lastSeq(db), 1)
  assert.notEqual(readSite(db).epoch, epoch)
  assert.deepEqual(readdirSync(join(dataDir, aside()[0] ?? '')).sort(), ['mlango.db', 'mlango.db-wal'])
  close()
  assert.equal(lastSeq(open()), 1)
  assert.equal(aside().length, 1, 'once')
})

test('a restore that a power cut interrupted is finished, at whatever step that was', (t) => {
  const { databaseFile, backupDirectory, open, aside } = setup(t)
  stageRestore({ databaseFile, backup: backupsIn(backupDirectory)[0] ?? '', reason: 'asked', nowMs: NOW_MS })
  // Cut after the old file had been moved, before the new one had its name.
  rmSync(databaseFile)
  assert.equal(lastSeq(open()), 2)
  assert.equal(finishRestore(databaseFile), undefined)
  assert.equal(aside().length, 1)
})
