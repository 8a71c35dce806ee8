import { closeSync, existsSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { StoreAlarm } from './alarm.ts'

const MEGABYTE = 1024 * 1024
const RESERVE_BYTES = 8 * MEGABYTE
/** A disk on which the reserve would be much of what there is has none; and once used, it is not made again before. */
const ROOM_FOR_RESERVE_BYTES = 4 * RESERVE_BYTES
/** With less than this the next commit may fail. */
const FULL_BYTES = MEGABYTE
const LOOK_MS = 5_000

/**
 * Room kept for the day when the disk is full: SQLite cannot even delete rows then. Sales go on into it, and meanwhile
 * somebody is told.
 */
export interface DiskReserve {
  /** A commit found the disk full. Gives the reserve up; false when there is none left. */
  makeRoom(error: Error): boolean
  readonly alarm: StoreAlarm | undefined
  stop(): void
}

interface Options {
  databaseFile: string
  clock: Clock
  log: Log
  /** The alarm has come, gone or changed. */
  changed(): void
}

/** Makes the reserve where there is room for it, or gives it up at once when there is none for anything else. */
export function openDiskReserve({ databaseFile, clock, log, changed }: Options): DiskReserve {
  const directory = dirname(databaseFile)
  const file = join(directory, 'reserve')
  let alarm: StoreAlarm | undefined
  let cancel = () => {}

  if (existsSync(file)) {
    if (freeBytes(directory) < FULL_BYTES) giveUp()
  } else make()

  function make(): boolean {
    if (freeBytes(directory) < ROOM_FOR_RESERVE_BYTES) return false
    try {
      const opened = openSync(file, 'w', 0o600)
      try {
        const zeros = Buffer.alloc(MEGABYTE)
        for (let written = 0; written < RESERVE_BYTES; written += zeros.length) writeSync(opened, zeros)
        fsyncSync(opened)
      } finally {
        closeSync(opened)
      }
      return true
    } catch (thrown) {
      log.warn({ err: asError(thrown) }, 'no room could be put aside for a full disk')
      rmSync(file, { force: true })
      return false
    }
  }

  function giveUp(): void {
    rmSync(file, { force: true })
    raise(onReserve)
    log.error('the disk is full; the reserve has been given up so that sales go on')
  }

  function raise(next: StoreAlarm | undefined): void {
    const isNew = next?.code !== alarm?.code
    alarm = next
    cancel()
    if (next) cancel = clock.after(LOOK_MS, look)
    if (isNew) changed()
  }

  function look(): void {
    const free = freeBytes(directory)
    if (free >= ROOM_FOR_RESERVE_BYTES && (existsSync(file) || make())) {
      log.info({ freeBytes: free }, 'there is room on the disk again')
      raise(undefined)
    } else raise(free < FULL_BYTES ? alarm : onReserve)
  }

  return {
    get alarm() {
      return alarm
    },
    makeRoom(error) {
      if (!isFull(error) && freeBytes(directory) >= FULL_BYTES) return false
      if (existsSync(file)) {
        giveUp()
        return true
      }
      if (alarm?.code !== full.code) log.fatal('the disk is full and commits fail until there is room')
      raise(full)
      return false
    },
    stop: () => cancel(),
  }
}

const onReserve: StoreAlarm = {
  code: 'disk-reserve',
  message: 'The disk is full and the last reserve is being used up: make room in the data directory.',
  storing: true,
}

const full: StoreAlarm = {
  code: 'disk-full',
  message: 'The disk is full and commits fail: make room in the data directory.',
  storing: false,
}

const isFull = (error: Error) => (error as { code?: string }).code === 'SQLITE_FULL'

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
