import { execFile } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Db, openReader } from './database.ts'
import { syncDirectory } from './sync-directory.ts'

/** So much is read in well under a second by a small box; with more, customers would wait at a closed door after a power cut. */
const LOOKED_AT_FIRST_BYTES = 128 * 1024 * 1024

/**
 * Whether all of the file is to be looked at before anybody is let in: a small one always, a large one after damage was
 * found in it while it was in use.
 */
export function isLookedAtFirst(databaseFile: string, mostBytes = LOOKED_AT_FIRST_BYTES): boolean {
  const bytes = statSync(databaseFile, { throwIfNoEntry: false })?.size ?? 0
  return bytes <= mostBytes || existsSync(markOf(databaseFile))
}

/** What is wrong with the file, or undefined. A read-only look: closing a writer would change what somebody may want to examine. */
export function damageIn(databaseFile: string, { whole }: { whole: boolean }): string | undefined {
  try {
    const db = openReader(databaseFile)
    try {
      const found = whole ? db.pragma('quick_check(1)', { simple: true }) : schemaOf(db)
      return found === 'ok' ? undefined : String(found)
    } finally {
      db.close()
    }
  } catch (thrown) {
    const error = asError(thrown)
    return isDamage(error) ? error.message : undefined
  }
}

/** Anything else, a missing permission or a full disk, is no reason to put a file aside; opening it for writing will tell. */
export const isDamage = (error: Error): boolean =>
  /^SQLITE_(NOTADB|CORRUPT)/.test((error as { code?: string }).code ?? '')

/** Read at all, it is a database. */
function schemaOf(db: Db): 'ok' {
  db.prepare('SELECT count(*) FROM sqlite_schema').get()
  return 'ok'
}

/**
 * Looks at all of the file in a process of its own; damage is marked, so that the next start restores a backup. Returns what ends the
 * look: the next start begins it again.
 */
export function lookAtWhole(databaseFile: string, log: Log, whenDamaged: (damage: string) => void): () => void {
  const program = fileURLToPath(new URL('./soundness-process.js', import.meta.url))
  const looking = execFile(process.execPath, [program, databaseFile], (error, damage) => {
    if (damage !== '') whenDamaged(damage)
    else if (error && !looking.killed) log.error({ err: error }, 'nobody has looked at all of the database')
  })
  looking.unref()
  return () => looking.kill('SIGKILL')
}

/** Stays until a start has looked at all of the file. */
export function markDamaged(databaseFile: string): void {
  const mark = openSync(markOf(databaseFile), 'w', 0o600)
  fsyncSync(mark)
  closeSync(mark)
  syncDirectory(dirname(databaseFile))
}

export const unmarkDamaged = (databaseFile: string): void => rmSync(markOf(databaseFile), { force: true })

const markOf = (databaseFile: string) => `${databaseFile}-damaged`
