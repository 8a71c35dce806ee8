import {
  appendFileSync,
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGzip, gzipSync } from 'node:zlib'

const KEPT = 7
const LARGE_BYTES = 10 * 1024 * 1024
const APPEND = 0o2000

export interface RotatedLog {
  file: string
  /** `not-appended`: it was opened with > instead of >>, and cutting it would leave a hole. */
  outcome: 'rotated' | 'small' | 'not-appended'
  bytes: number
}

/** The files that this process logs to; none under journald, where standard output is no file. */
export function ownLogFiles(): string[] {
  const files = [1, 2].filter((fd) => fstatSync(fd).isFile()).map((fd) => readlinkSync(`/proc/self/fd/${fd}`))
  return [...new Set(files)].filter((file) => existsSync(file))
}

/**
 * Packs a large log away as `FILE.1.gz` (the newest; seven are kept) and begins it anew. The file stays the same one, so
 * whoever writes to it goes on; the numbers do not depend on the clock.
 */
export async function rotateLog(file: string, signal: AbortSignal): Promise<RotatedLog> {
  const { size } = statSync(file)
  if (size < LARGE_BYTES) return { file, outcome: 'small', bytes: size }
  if (!isAppended(file)) return { file, outcome: 'not-appended', bytes: size }
  const part = `${file}.gz.part`
  await pipeline(createReadStream(file, { end: size - 1 }), createGzip(), createWriteStream(part, { mode: 0o600 }), {
    signal,
  })
  // What was written meanwhile, and the cut, without a turn of the loop in between.
  const rest = readFrom(file, size)
  if (rest.length > 0) appendFileSync(part, gzipSync(rest))
  sync(part)
  for (let number = KEPT - 1; number >= 1; number--) {
    if (existsSync(packed(file, number))) renameSync(packed(file, number), packed(file, number + 1))
  }
  renameSync(part, packed(file, 1))
  truncateSync(file)
  rmSync(packed(file, KEPT + 1), { force: true })
  return { file, outcome: 'rotated', bytes: size + rest.length }
}

const packed = (file: string, number: number) => `${file}.${number}.gz`

/** After a cut, a writer that does not append goes on at its old place, with a hole before it. */
function isAppended(file: string): boolean {
  return [1, 2].every((fd) => {
    if (!fstatSync(fd).isFile() || readlinkSync(`/proc/self/fd/${fd}`) !== file) return true
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0'
    return (Number.parseInt(flags, 8) & APPEND) !== 0
  })
}

function readFrom(file: string, position: number): Buffer {
  const opened = openSync(file, 'r')
  try {
    const rest = Buffer.alloc(fstatSync(opened).size - position)
    return rest.subarray(0, rest.length === 0 ? 0 : readSync(opened, rest, 0, rest.length, position))
  } finally {
    closeSync(opened)
  }
}

function sync(file: string): void {
  const opened = openSync(file, 'r+')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}
