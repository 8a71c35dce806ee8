import { chmodSync, closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { asError, MlangoError } from '../errors.ts'
import { type Db, openReader } from './database.ts'
import { syncDirectory } from './sync-directory.ts'

/** Ends the name of a copy that is being made. */
export const PART = '.part'

/**
 * Writes a whole, compact and proven copy of a database to `target`, whether or not a daemon works on it. `target` appears
 * only when the copy has been read back and is on the disk; what was there before stays until then. `finish` may change the
 * copy before. Blocks its thread for as long as it takes, and nobody else: it reads what was committed when it began.
 * Throws `not-a-store`, `copy-unsound`.
 */
export function copyStore(source: string, target: string, finish?: (part: string) => void): void {
  // Named for who makes it: the daemon and an operator's command may copy to one place at once.
  const part = `${target}.${process.pid}${PART}`
  discardAbandoned(target)
  try {
    withReader(source, (db) => {
      assertOurs(db, source)
      db.prepare('VACUUM INTO ?').run(part)
    })
    chmodSync(part, 0o600)
    withReader(part, (db) => assertSound(db, source))
    finish?.(part)
    sync(part)
    renameSync(part, target)
    syncDirectory(dirname(target))
  } catch (thrown) {
    discard(part)
    if (thrown instanceof MlangoError) throw thrown
    if ((thrown as { code?: string }).code === 'SQLITE_NOTADB') throw notOurs(source)
    throw unsound(source, asError(thrown).message, thrown)
  }
}

function withReader(file: string, look: (db: Db) => void): void {
  const db = openReader(file)
  try {
    look(db)
  } finally {
    db.close()
  }
}

function assertOurs(db: Db, source: string): void {
  if (db.prepare("SELECT count(*) FROM sqlite_schema WHERE name IN ('site', 'journal')").pluck().get() === 2) return
  throw notOurs(source)
}

const notOurs = (source: string) => new MlangoError('not-a-store', `${source} is no database of Mlango`)

function assertSound(db: Db, source: string): void {
  const found = db.pragma('integrity_check(1)', { simple: true })
  if (found !== 'ok') throw unsound(source, String(found))
}

const unsound = (source: string, why: string, cause?: unknown) =>
  new MlangoError('copy-unsound', `${source} could not be copied whole: ${why}`, { cause })

function sync(file: string): void {
  const opened = openSync(file, 'r+')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** What a power cut or a stop left of earlier copies: the parts of this process, and of those that are no more. */
function discardAbandoned(target: string): void {
  const start = `${basename(target)}.`
  for (const name of readdirSync(dirname(target))) {
    if (!name.startsWith(start) || !name.endsWith(PART)) continue
    const pid = Number(name.slice(start.length, -PART.length))
    if (pid === process.pid || !isAlive(pid)) discard(join(dirname(target), name))
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function discard(part: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${part}${suffix}`, { force: true })
}
