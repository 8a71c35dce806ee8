import { statSync } from 'node:fs'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import { backupsIn } from './backups.ts'
import { type Db, openWriter } from './database.ts'
import { finishRestore, stageRestore } from './restore.ts'
import { damageIn, isLookedAtFirst, unmarkDamaged } from './soundness.ts'
import { goBack } from './upgrade.ts'

interface Options {
  databaseFile: string
  backupDirectory: string
  nowMs: number
  log: Log
  /** Of a file that is looked at as a whole before it is opened. */
  mostBytesFirst?: number
}

/**
 * Opens the database for writing, after making sure that it is sound; of a large one whoever opens it makes sure later, by
 * `lookAtWhole`. A restore that was asked for or cut off is finished
 * first, and an upgrade that was taken back is undone. A damaged file is put aside and the newest good backup takes its
 * place; without one the file stays where it is and `store-corrupt` is thrown. Only for whoever is the sole daemon on the
 * database.
 */
export function openSoundStore(options: Options): Db {
  const { databaseFile, backupDirectory, nowMs, log } = options
  tellIfRestored(finishRestore(databaseFile), log)
  const undone = goBack(databaseFile)
  if (undone !== undefined)
    log.warn(
      { aside: undone },
      'an upgrade was taken back: the database from before it is in its place, nothing is missing',
    )
  const damage = damageOf(options)
  if (damage !== undefined) {
    log.fatal({ databaseFile, damage }, 'the database is damaged')
    const backup = stageNewestGood({ databaseFile, backupDirectory, nowMs, log })
    if (backup === undefined) {
      throw new MlangoError(
        'store-corrupt',
        `The database ${databaseFile} is damaged and there is no good backup: bring one with mlango restore FILE`,
      )
    }
    tellIfRestored(finishRestore(databaseFile), log)
  }
  unmarkDamaged(databaseFile)
  return openWriter(databaseFile)
}

/** What is wrong with the file, or undefined. */
function damageOf({ databaseFile, backupDirectory, mostBytesFirst }: Options): string | undefined {
  const bytes = statSync(databaseFile, { throwIfNoEntry: false })?.size
  if (bytes) return damageIn(databaseFile, { whole: isLookedAtFirst(databaseFile, mostBytesFirst) })
  // SQLite would begin anew without a word.
  const isFirstStart = backupsIn(backupDirectory).length === 0
  return isFirstStart ? undefined : `it is ${bytes === undefined ? 'missing' : 'empty'} although there are backups`
}

function stageNewestGood({ databaseFile, backupDirectory, nowMs, log }: Options): string | undefined {
  return backupsIn(backupDirectory).find((backup) => {
    try {
      stageRestore({ databaseFile, backup, reason: 'damaged', nowMs })
      return true
    } catch (thrown) {
      log.error({ err: asError(thrown), backup }, 'a backup cannot be used; the one before it is tried')
      return false
    }
  })
}

function tellIfRestored(aside: string | undefined, log: Log): void {
  if (aside !== undefined)
    log.warn({ aside }, 'a backup has taken the place of the database; the old file was put aside')
}
