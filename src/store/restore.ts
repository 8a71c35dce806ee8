import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { copyStore } from './copy-store.ts'
import { type Db, openWriter, sql } from './database.ts'
import { migrate } from './migrate.ts'
import { syncDirectory } from './sync-directory.ts'

/** Ends the name of the database as it was before an upgrade; src/store/upgrade.ts. */
export const BEFORE_UPGRADE = '-before-upgrade'
const SUFFIXES = ['', '-wal', '-shm', '-journal', BEFORE_UPGRADE]
const ASIDE = /^set-aside-(\d+)$/

/**
 * A restore survives a power cut at any step: a whole, proven copy of the backup is staged beside the database, under a name
 * that appears at once; from then on every start first puts the old file aside and the staged one in its place.
 */
const stagedFor = (databaseFile: string) => `${databaseFile}-restore`

/**
 * Stages `backup`; the next start takes it. The copy gets a new epoch, so that the cloud does not take the numbers it will
 * use again for old entries, and remembers where it comes from. Returns the staged file. Throws `not-a-store`, `copy-unsound`, `schema-too-new`.
 */
export function stageRestore(options: {
  databaseFile: string
  backup: string
  /** `damaged`: the file cannot be used. `asked`: by a person. */
  reason: 'damaged' | 'asked'
  nowMs: number
}): string {
  const { databaseFile, backup, reason, nowMs } = options
  return stageCopy(databaseFile, backup, (db) => {
    migrate(db)
    sql(db, 'UPDATE site SET epoch = ?').run(randomUUID())
    sql(
      db,
      `INSERT INTO restores (reason, backup, backup_seq, backup_at_ms, restored_at_ms)
       SELECT ?, ?, coalesce(max(seq), 0), coalesce(max(at_ms), 0), ? FROM journal`,
    ).run(reason, basename(backup), nowMs)
  })
}

/** Stages a proven copy of `source` with `change` made to it, for `finishRestore` to take. */
export function stageCopy(databaseFile: string, source: string, change: (db: Db) => void): string {
  const staged = stagedFor(databaseFile)
  copyStore(source, staged, (part) => {
    const db = openWriter(part)
    try {
      change(db)
      db.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      db.close()
    }
  })
  return staged
}

/**
 * Puts the staged file in the place of the database; does nothing when none is staged. What was there is kept in a folder of
 * its own, never deleted. Only for whoever is the sole daemon on the database. Returns that folder.
 */
export function finishRestore(databaseFile: string): string | undefined {
  const staged = stagedFor(databaseFile)
  if (!existsSync(staged)) return undefined
  const directory = dirname(databaseFile)
  const aside = newFolder(directory)
  for (const suffix of SUFFIXES) {
    const file = `${databaseFile}${suffix}`
    if (existsSync(file)) renameSync(file, join(aside, basename(file)))
  }
  // INVARIANT: the old log is gone from here, durably, before the new file has its name; SQLite would replay it into it.
  syncDirectory(aside)
  syncDirectory(directory)
  renameSync(staged, databaseFile)
  syncDirectory(directory)
  return aside
}

function newFolder(directory: string): string {
  const numbers = readdirSync(directory).map((name) => Number(ASIDE.exec(name)?.[1] ?? 0))
  const folder = join(directory, `set-aside-${Math.max(0, ...numbers) + 1}`)
  mkdirSync(folder, { mode: 0o700 })
  return folder
}
