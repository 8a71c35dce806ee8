import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { backUp } from '../../src/store/backups.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite } from '../../src/store/site.ts'
import { openSoundStore } from '../../src/store/sound-store.ts'
import { buildDiskLog, diskLogEnvironment } from '../flows/power-cut-disk.ts'
import { unsoundBackups } from '../flows/power-cut-disk-proof.ts'
import { chanceOf, Disk, layOut, turningPoints } from '../flows/power-cut-disk-replay.ts'

const missing = buildDiskLog()
const built = (name: string) => new URL(`../../src/${name}.js`, import.meta.url).href

const RESTORE = `
  import { openLog } from ${JSON.stringify(built('log'))}
  import { backUp, backupsIn } from ${JSON.stringify(built('store/backups'))}
  import { stageRestore } from ${JSON.stringify(built('store/restore'))}
  import { openSoundStore } from ${JSON.stringify(built('store/sound-store'))}
  const directory = process.env.DISK_LOG_DIR
  const databaseFile = directory + '/mlango.db'
  const backupDirectory = directory + '/backups'
  backUp({ databaseFile, directory: backupDirectory })
  stageRestore({ databaseFile, backup: backupsIn(backupDirectory)[1], reason: 'asked', nowMs: 1 })
  openSoundStore({ databaseFile, backupDirectory, nowMs: 1, log: openLog('silent', {}) }).close()
`

test('whenever the power goes during a restore, the next start has the old database or the backup, whole', {
  skip: missing ?? false,
}, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'mlango-restore-'))
  try {
    const directory = join(scratch, 'disk')
    const logFile = join(scratch, 'log')
    mkdirSync(directory)
    const databaseFile = join(directory, 'mlango.db')
    const db = openWriter(databaseFile)
    migrate(db)
    ensureSite(db, 'kisumu-1', 1)
    const happen = (seq: number) =>
      db.exec(`INSERT INTO journal VALUES (${seq}, 'id-${seq}', 'cloud.connected', 1, '{}')`)
    happen(1)
    backUp({ databaseFile, directory: join(directory, 'backups') })
    happen(2)
    db.close()

    const disk = new Disk(directory)
    const env = { PATH: process.env.PATH ?? '', ...diskLogEnvironment(directory, logFile) }
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', RESTORE], { env, encoding: 'utf8' })
    assert.equal(child.status, 0, child.stderr)

    const log = readFileSync(logFile)
    const chance = chanceOf(7)
    const outcomes = { old: 0, restored: 0 }
    for (const moment of turningPoints(log)) {
      disk.advance(log, moment)
      for (const fate of ['dropped', 'random'] as const) {
        const copy = join(scratch, 'copy')
        layOut(disk.cut(fate, chance), directory, copy)
        const again = openSoundStore({
          databaseFile: join(copy, 'mlango.db'),
          backupDirectory: join(copy, 'backups'),
          nowMs: 2,
          log: openLog('silent', {}),
        })
        const seq = again.prepare('SELECT max(seq) FROM journal').pluck().get()
        assert.equal(again.pragma('integrity_check', { simple: true }), 'ok')
        assert.ok(seq === 1 || seq === 2, `the journal ends with ${seq}`)
        outcomes[seq === 1 ? 'restored' : 'old'] += 1
        again.close()
        assert.deepEqual(unsoundBackups(join(copy, 'backups')), [])
      }
    }
    assert.ok(outcomes.old > 0 && outcomes.restored > 0, JSON.stringify(outcomes))
  } finally {
    rmSync(scratch, { recursive: true })
  }
})
