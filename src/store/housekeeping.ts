import { statSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from './database.ts'

const IDLE_MS = 1_000
/** A smaller log is not worth a checkpoint's syncs: a file that is written over in place is cheaper than a new one. */
const WAL_BYTES = 2 * 1024 * 1024
/**
 * SQLite begins the log anew only at a commit at which nobody reads what is in it; with several threads that are busy reading, none such
 * comes. From here on it is waited for, and again after as much more: who reads for long, as a backup does, holds up one commit.
 */
const WAL_MOST_BYTES = 16 * 1024 * 1024
/** A reader's turn. Nobody's commit is late for long, either. */
const READERS_WAIT_MS = 100
/** Free pages are used again; only many of them are worth giving back, and only a few at a time. */
const FREE_PAGES = 1_000
const PAGES_AT_ONCE = 200

export interface Housekeeping {
  /** A commit has been made: what there is to tidy, but for a log that is far too long, waits until nobody has written for a second. */
  committed(): void
  stop(): void
}

/** Keeps write-ahead log and file small while nobody waits for the disk. Belongs to the thread that writes. */
export function openHousekeeping(parts: { db: Db; databaseFile: string; clock: Clock; log: Log }): Housekeeping {
  const { db, databaseFile, clock, log } = parts
  let cancel = () => {}
  let mostBytes = WAL_MOST_BYTES

  // Only looked at by name: opening the file a second time and closing it would drop SQLite's locks.
  const walBytes = () => statSync(`${databaseFile}-wal`, { throwIfNoEntry: false })?.size ?? 0

  /** When it is too long. */
  function beginLogAnew(): void {
    if (walBytes() <= mostBytes) return
    const patience = db.pragma('busy_timeout', { simple: true }) as number
    try {
      db.pragma(`busy_timeout = ${READERS_WAIT_MS}`)
      db.pragma('wal_checkpoint(TRUNCATE)')
    } finally {
      db.pragma(`busy_timeout = ${patience}`)
    }
    mostBytes = walBytes() + WAL_MOST_BYTES
  }

  function tidy(): void {
    try {
      const free = db.pragma('freelist_count', { simple: true }) as number
      if (free > FREE_PAGES) db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`)
      mostBytes = Math.min(mostBytes, walBytes() + WAL_MOST_BYTES)
      if (walBytes() > WAL_BYTES) db.pragma('wal_checkpoint(PASSIVE)')
      if (free > FREE_PAGES) cancel = clock.after(IDLE_MS, tidy)
    } catch (thrown) {
      log.warn({ err: asError(thrown) }, 'the database could not be tidied')
    }
  }

  return {
    committed() {
      try {
        beginLogAnew()
      } catch (thrown) {
        log.warn({ err: asError(thrown) }, 'the write-ahead log could not begin anew')
      }
      cancel()
      cancel = clock.after(IDLE_MS, tidy)
    },
    stop: () => cancel(),
  }
}
