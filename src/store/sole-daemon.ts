import Database from 'better-sqlite3'
import { asError, MlangoError } from '../errors.ts'

/**
 * One daemon per database: a second one would take the first one's running jobs for lost and run them again. The lock is
 * SQLite's own on a file beside the database, so it ends with the process, however that ends.
 * Returns how to give it up. Throws `store-in-use`.
 */
export function beSoleDaemon(databaseFile: string): () => void {
  const lock = new Database(`${databaseFile}-lock`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (thrown) {
    lock.close()
    if ((asError(thrown) as { code?: string }).code !== 'SQLITE_BUSY') throw thrown
    throw new MlangoError('store-in-use', `Another mlango runs on ${databaseFile}: stop it first`)
  }
  return () => lock.close()
}
