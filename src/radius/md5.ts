import { createHash, timingSafeEqual } from 'node:crypto'
import { type Md5State, mixBlock, newMd5State } from './md5-block.ts'

/** RADIUS is built on MD5 of octets in a row: of packets, secrets and passwords. */

const BLOCK = 64
const DIGEST_BYTES = 16
/** Behind the row: one octet that ends it, and its length. */
const END_BYTES = 9
/** Large enough for a packet with its secret. */
const FIRST_ROW_BYTES = 8_192

let octets = Buffer.alloc(FIRST_ROW_BYTES)
/** The same octets as MD5 takes them. INVARIANT: a machine that Mlango runs on puts the low octet first. */
let words = wordsOf(octets)
let length = 0

/**
 * Begins a row. There is one at a time: it is hashed before the next one begins, and its digest is written where it belongs. A
 * buffer of its own for each part and each digest would cost more than the hash.
 */
export function row(part: Buffer, from = 0, end = part.length): Row {
  length = 0
  return THE_ROW.and(part, from, end)
}

class Row {
  and(part: Buffer, from = 0, end = part.length): this {
    makeRoom(end - from)
    const into = octets
    let to = length
    for (let at = from; at < end; at += 1, to += 1) into[to] = part[at] as number
    length = to
    return this
  }

  andText(text: string): this {
    makeRoom(Buffer.byteLength(text))
    length += octets.write(text, length)
    return this
  }

  md5Into(target: Buffer, at = 0): void {
    mixFrom(FRESH, 0)
    writeState(target, at)
  }

  /** HMAC-MD5 (RFC 2104). */
  hmacInto(key: Buffer, target: Buffer, at = 0): void {
    const { inner, outer } = padsOf(key)
    mixFrom(inner, BLOCK)
    for (let word = 0; word < 4; word += 1) outerWords[word] = state[word] as number
    setState(outer)
    mixBlock(state, outerWords, 0)
    writeState(target, at)
  }

  /** Whether the digest stands there; in constant time. */
  isMd5At(bytes: Buffer, at: number): boolean {
    this.md5Into(expected)
    return isExpectedAt(bytes, at)
  }

  isHmacAt(key: Buffer, bytes: Buffer, at: number): boolean {
    this.hmacInto(key, expected)
    return isExpectedAt(bytes, at)
  }
}

const expected = Buffer.alloc(DIGEST_BYTES)
const given = Buffer.alloc(DIGEST_BYTES)

function isExpectedAt(bytes: Buffer, from: number): boolean {
  for (let at = 0; at < DIGEST_BYTES; at += 1) given[at] = bytes[from + at] as number
  return timingSafeEqual(expected, given)
}

const THE_ROW = new Row()

/** The digest of all of them in a row. */
export function md5(...parts: readonly Buffer[]): Buffer {
  length = 0
  for (const part of parts) THE_ROW.and(part)
  const digest = Buffer.alloc(DIGEST_BYTES)
  THE_ROW.md5Into(digest)
  return digest
}

function makeRoom(bytes: number): void {
  const needed = length + bytes + END_BYTES + BLOCK
  if (needed <= octets.length) return
  const longer = Buffer.alloc(2 * Math.ceil(needed / BLOCK) * BLOCK)
  octets.copy(longer, 0, 0, length)
  octets = longer
  words = wordsOf(longer)
}

function wordsOf(bytes: Buffer): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

const FRESH = newMd5State()
const state = newMd5State()

/** Goes on from a state that has seen `before` octets (whole blocks) to the end of the row. */
function mixFrom(start: Md5State, before: number): void {
  const end = Math.ceil((length + END_BYTES) / BLOCK) * BLOCK
  octets[length] = 0x80
  for (let at = length + 1; at < end; at += 1) octets[at] = 0
  words[end / 4 - 2] = (before + length) * 8
  setState(start)
  for (let at = 0; at < end / 4; at += BLOCK / 4) mixBlock(state, words, at)
}

/** Written out: a call into the runtime for so few octets costs more than the hash. */
function setState(from: Md5State): void {
  for (let word = 0; word < 4; word += 1) state[word] = from[word] as number
}

function writeState(target: Buffer, from: number): void {
  for (let at = 0; at < DIGEST_BYTES; at += 1) target[from + at] = (state[at >> 2] as number) >> (8 * (at & 3))
}

/** What the second hash of an HMAC goes over: always as long, so its end is always the same. */
const outerWords = new Int32Array(BLOCK / 4)
outerWords[DIGEST_BYTES / 4] = 0x80
outerWords[BLOCK / 4 - 2] = (BLOCK + DIGEST_BYTES) * 8

interface Pads {
  inner: Md5State
  outer: Md5State
}

/** A router's secret is used again and again: its two padded blocks are mixed once. */
const padsByKey = new WeakMap<Buffer, Pads>()

function padsOf(key: Buffer): Pads {
  const known = padsByKey.get(key)
  if (known) return known
  const short = key.length > BLOCK ? createHash('md5').update(key).digest() : key
  const pads = { inner: padded(short, 0x36), outer: padded(short, 0x5c) }
  padsByKey.set(key, pads)
  return pads
}

function padded(key: Buffer, octet: number): Md5State {
  const block = Buffer.alloc(BLOCK, octet)
  for (let at = 0; at < key.length; at += 1) block[at] = octet ^ (key[at] as number)
  const mixed = newMd5State()
  mixBlock(mixed, wordsOf(block), 0)
  return mixed
}
