import { randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import { copyStore } from './copy-store.ts'
import { type Db, openReader, sql } from './database.ts'
import { migrate, newestSchema, schemaOf } from './migrate.ts'
import { BEFORE_UPGRADE, finishRestore, stageCopy } from './restore.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * INVARIANT: while the copy from before an upgrade lies beside the database, nothing was answered, handed out or sent
 * since, and so a release that is put back may take the copy and loses nothing.
 */
const keptFor = (databaseFile: string) => `${databaseFile}${BEFORE_UPGRADE}`

/**
 * Migrates to the newest schema, and keeps what was there before. Returns what forgets it: to be called after the first
 * commit of the daemon's work, before anybody hears of it. Throws what `migrate` throws.
 */
export function upgrade(db: Db, databaseFile: string, log: Log, newest = newestSchema): () => void {
  const kept = keptFor(databaseFile)
  const schema = schemaOf(db)
  if (schema > 0 && schema < newest) {
    try {
      copyStore(databaseFile, kept)
    } catch (thrown) {
      log.warn({ err: asError(thrown) }, 'the database could not be copied; this upgrade cannot be taken back')
    }
  }
  migrate(db, newest)

  let isKept = existsSync(kept)
  return () => {
    if (!isKept) return
    try {
      rmSync(kept)
      // After a power cut it may not be there again.
      syncDirectory(dirname(kept))
      isKept = false
    } catch (thrown) {
      log.error({ err: asError(thrown), kept }, 'the database from before the upgrade could not be removed')
    }
  }
}

/**
 * Puts the copy from before an upgrade in the place of a database that this release cannot read; does nothing when there
 * is none. Only for whoever is the sole daemon on the database. Returns the folder that holds the newer file.
 */
export function goBack(databaseFile: string, newest = newestSchema): string | undefined {
  const kept = keptFor(databaseFile)
  if (!existsSync(kept) || !isNewer(databaseFile, newest) || isNewer(kept, newest)) return undefined
  // The release that failed may have told the cloud some numbers that will be used again.
  stageCopy(databaseFile, kept, (db) => sql(db, 'UPDATE site SET epoch = ?').run(randomUUID()))
  return finishRestore(databaseFile)
}

/** A file that cannot be read is somebody else's to judge. */
function isNewer(file: string, newest: number): boolean {
  try {
    const db = openReader(file)
    try {
      return schemaOf(db) > newest
    } finally {
      db.close()
    }
  } catch {
    return false
  }
}
