import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { MlangoError } from '../errors.ts'
import { copyStore } from './copy-store.ts'
import { openReader } from './database.ts'

/** Hours of a working day: a backup is made when something has happened in the hour before. */
const KEPT = 8
const NAME = /^mlango-(\d{6,})\.db$/
/** What a backup must leave free: it may not be what fills the disk. */
const LEFT_FREE_BYTES = 64 * 1024 * 1024

export type BackupOutcome = { outcome: 'made'; file: string; bytes: number } | { outcome: 'nothing-new' }

/** Newest first. The number says which is newer, because the clock may have been wrong. */
export function backupsIn(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory)
    .filter((name) => NAME.test(name))
    .sort((a, b) => numberOf(b) - numberOf(a))
    .map((name) => join(directory, name))
}

/** The name of the one that is made next: it takes the place of none, whatever the clock says. */
export function nextBackupIn(directory: string): string {
  const [newest] = backupsIn(directory)
  const number = newest === undefined ? 1 : numberOf(newest) + 1
  return join(directory, `mlango-${String(number).padStart(6, '0')}.db`)
}

/** Makes the next backup and forgets the oldest. Throws `disk-too-full`, and what `copyStore` throws. */
export function backUp({ databaseFile, directory }: { databaseFile: string; directory: string }): BackupOutcome {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const [newest] = backupsIn(directory)
  const known = newest && stateOf(newest)
  if (known !== undefined && known === stateOf(databaseFile)) return { outcome: 'nothing-new' }
  assertRoom(directory, statSync(databaseFile).size)
  const file = nextBackupIn(directory)
  copyStore(databaseFile, file)
  for (const old of backupsIn(directory).slice(KEPT)) rmSync(old)
  return { outcome: 'made', file, bytes: statSync(file).size }
}

const numberOf = (file: string) => Number(NAME.exec(file.slice(file.lastIndexOf('/') + 1))?.[1] ?? 0)

/** The same text means that nothing worth a backup happened in between. Undefined when it cannot be read. */
function stateOf(file: string): string | undefined {
  try {
    const db = openReader(file)
    try {
      return db
        .prepare(
          `SELECT (SELECT epoch FROM site) || ' ' || coalesce((SELECT max(seq) FROM journal), 0)
             || ' ' || coalesce((SELECT max(id) FROM audit), 0)`,
        )
        .pluck()
        .get() as string
    } finally {
      db.close()
    }
  } catch (thrown) {
    // What copies the file says what is wrong with it.
    if ((thrown as { code?: string }).code?.startsWith('SQLITE_')) return undefined
    throw thrown
  }
}

function assertRoom(directory: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(directory)
  if (bavail * bsize >= neededBytes + LEFT_FREE_BYTES) return
  throw new MlangoError('disk-too-full', 'There is no room for another backup: make room in the data directory')
}
