import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** What became of that which was written and not synced when the power went. */
export const fates = ['dropped', 'kept', 'random', 'torn'] as const
export type Fate = (typeof fates)[number]

/** From 0 to below 1. */
export type Chance = () => number

/** Repeats itself for the same seed (mulberry32). */
export function chanceOf(seed: number): Chance {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface File {
  /** What no power cut can take away. */
  durable: Content
  pending: Change[]
}

/** `number`: where in the log it stands. */
type Change = { number: number } & (
  | { kind: 'write'; offset: number; data: Buffer }
  | { kind: 'length'; length: number }
)

type NameChange = { number: number } & (
  | { kind: 'created'; name: string; file: File }
  | { kind: 'removed'; name: string }
  | { kind: 'renamed'; name: string; to: string }
)

const HEAD_BYTES = 32
const SECTOR_BYTES = 512

const isLeftOut = (name: string) => name.endsWith('-shm') || name.endsWith('reserve') || name.endsWith('.sock')

/**
 * A disk as its log tells it. Content is durable once its file has been synced, a name once its directory has been. What is
 * not may be there after a cut or not: names in the order in which they changed, contents in any.
 */
export class Disk {
  readonly directory: string
  readonly #byInode = new Map<bigint, File>()
  readonly #directories = new Map<bigint, string>()
  #names = new Map<string, File>()
  #pendingNames: NameChange[] = []
  #position = 0

  /** `directory` as it is before the logged process starts, all of it durable. */
  constructor(directory: string) {
    this.directory = directory
    for (const name of filesIn(directory)) {
      const file: File = { durable: new Content(readFileSync(name)), pending: [] }
      this.#names.set(name, file)
      this.#byInode.set(statSync(name, { bigint: true }).ino, file)
    }
  }

  /** Follows the log to its last whole record before `moment`. */
  advance(log: Buffer, moment: number): void {
    while (this.#position + HEAD_BYTES <= moment) {
      const at = this.#position
      const nameEnd = at + HEAD_BYTES + log.readUInt32LE(at + 4)
      const dataEnd = nameEnd + log.readUInt32LE(at + 8)
      if (dataEnd > moment) return
      this.#follow({
        op: String.fromCharCode(log[at] ?? 0),
        inode: log.readBigUInt64LE(at + 16),
        number: Number(log.readBigUInt64LE(at + 24)),
        name: log.toString('utf8', at + HEAD_BYTES, nameEnd),
        data: log.subarray(nameEnd, dataEnd),
      })
      this.#position = dataEnd
    }
  }

  /** What lies on the disk if the power goes now. */
  cut(fate: Fate, chance: Chance): Map<string, Buffer> {
    const survives = () => fate === 'kept' || (fate !== 'dropped' && chance() < 0.5)
    const names = new Map(this.#names)
    for (const change of this.#pendingNames) {
      if (!survives()) break
      rename(names, change)
    }
    return new Map([...names].map(([name, file]) => [name, left(file)]))

    function left({ durable, pending }: File): Buffer {
      const content = new Content(durable.bytes)
      for (const change of pending) if (survives()) content.apply(fate === 'torn' ? torn(change, chance) : change)
      return content.bytes
    }
  }

  #follow({ op, inode, number, name, data }: Record): void {
    const change = this.#position
    switch (op) {
      case 'C': {
        const file: File = { durable: new Content(Buffer.alloc(0)), pending: [] }
        this.#byInode.set(inode, file)
        this.#pendingNames.push({ number: change, kind: 'created', name, file })
        return
      }
      case 'W':
        this.#fileOf(inode).pending.push({ number: change, kind: 'write', offset: number, data })
        return
      case 'T':
        this.#fileOf(inode).pending.push({ number: change, kind: 'length', length: number })
        return
      case 'U':
        this.#pendingNames.push({ number: change, kind: 'removed', name })
        return
      case 'R':
        this.#pendingNames.push({ number: change, kind: 'renamed', name, to: data.toString() })
        return
      case 'S':
        this.#sync(inode, number)
        return
      default:
        throw new Error(`the log holds a record ${op}`)
    }
  }

  #sync(inode: bigint, before: number): void {
    const file = this.#byInode.get(inode)
    if (file) {
      for (const change of file.pending) if (change.number < before) file.durable.apply(change)
      file.pending = file.pending.filter((change) => change.number >= before)
      return
    }
    const directory = this.#directoryOf(inode)
    // A journalling file system writes the changes of names in order, those of other directories too.
    const last = this.#pendingNames.findLastIndex(({ number, name }) => number < before && dirname(name) === directory)
    for (const change of this.#pendingNames.splice(0, last + 1)) rename(this.#names, change)
  }

  #fileOf(inode: bigint): File {
    const file = this.#byInode.get(inode)
    if (!file) throw new Error(`the log writes to an unknown file, inode ${inode}`)
    return file
  }

  /** Directories are never removed here, so the living tree tells. */
  #directoryOf(inode: bigint): string {
    for (const name of [this.directory, ...directoriesIn(this.directory)]) {
      this.#directories.set(statSync(name, { bigint: true }).ino, name)
    }
    return this.#directories.get(inode) ?? ''
  }
}

/** The moments after which the disk differs in more than content: a name has changed, or something has become durable. */
export function turningPoints(log: Buffer): number[] {
  const moments: number[] = []
  for (let at = 0; at + HEAD_BYTES <= log.length; ) {
    const end = at + HEAD_BYTES + log.readUInt32LE(at + 4) + log.readUInt32LE(at + 8)
    if (log[at] !== 'W'.charCodeAt(0)) moments.push(at, end)
    at = end
  }
  return [...new Set(moments)]
}

interface Record {
  op: string
  inode: bigint
  number: number
  name: string
  data: Buffer
}

function rename(names: Map<string, File>, change: NameChange): void {
  if (change.kind === 'created') names.set(change.name, change.file)
  else {
    const file = names.get(change.name)
    names.delete(change.name)
    if (change.kind === 'renamed' && file) names.set(change.to, file)
  }
}

/** Bytes that change in place and grow by doubling. */
class Content {
  #bytes: Buffer
  #length: number

  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes)
    this.#length = bytes.length
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  apply(change: Change): void {
    if (change.kind === 'length') this.#setLength(change.length)
    else {
      this.#setLength(Math.max(this.#length, change.offset + change.data.length))
      change.data.copy(this.#bytes, change.offset)
    }
  }

  /** What is added is zeros. */
  #setLength(length: number): void {
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(length * 2)
      this.bytes.copy(larger)
      this.#bytes = larger
    } else if (length > this.#length) this.#bytes.fill(0, this.#length, length)
    this.#length = length
  }
}

function torn(change: Change, chance: Chance): Change {
  if (change.kind === 'length' || chance() < 0.5) return change
  const sectors = Math.floor(chance() * (Math.ceil(change.data.length / SECTOR_BYTES) + 1))
  return { ...change, data: change.data.subarray(0, sectors * SECTOR_BYTES) }
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !isLeftOut(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
}

function directoriesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** Lays out the files of a disk whose directory was `from` as `to`, and nothing else. */
export function layOut(files: ReadonlyMap<string, Buffer>, from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true, mode: 0o700 })
  for (const [name, bytes] of files) {
    const target = join(to, relative(from, name))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, bytes)
  }
}
