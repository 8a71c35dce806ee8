import { chownSync, existsSync, realpathSync, statSync } from 'node:fs'
import { databaseFileIn, makeDataDir } from './data-files.ts'
import { MlangoError } from './errors.ts'
import { nextBackupIn } from './store/backups.ts'
import { copyStore } from './store/copy-store.ts'
import { stageRestore } from './store/restore.ts'

/** What the command line does with whole databases; the daemon may run meanwhile, or not. */

/**
 * A proven copy in `target`, a file which is replaced only by a good one, or a folder which gets one more. Throws
 * `no-database`, and what `copyStore` throws.
 */
export function backUpTo(target: string, dataDir: string): { file: string; bytes: number } {
  const file = statSync(target, { throwIfNoEntry: false })?.isDirectory() ? nextBackupIn(target) : target
  const databaseFile = databaseFileIn(dataDir)
  if (!existsSync(databaseFile))
    throw new MlangoError('no-database', `There is no database in ${dataDir}, or this user may not see it: use sudo`)
  if (existsSync(file) && realpathSync(file) === realpathSync(databaseFile))
    throw new MlangoError('same-file', 'A backup cannot take the place of the database itself')
  copyStore(databaseFile, file)
  return { file, bytes: statSync(file).size }
}

/** The next start of the daemon takes `file` for its database. Throws `no-backup`, and what `makeDataDir` and `stageRestore` throw. */
export function restoreFrom(file: string, dataDir: string, nowMs: number): void {
  if (!existsSync(file)) throw new MlangoError('no-backup', `There is no file ${file}`)
  if (statSync(file).isDirectory()) throw new MlangoError('no-backup', `${file} is a folder: name the backup in it.`)
  makeDataDir(dataDir)
  const staged = stageRestore({ databaseFile: databaseFileIn(dataDir), backup: file, reason: 'asked', nowMs })
  // Root may do this for the daemon, which then must be able to open it.
  const owner = statSync(dataDir)
  chownSync(staged, owner.uid, owner.gid)
}
