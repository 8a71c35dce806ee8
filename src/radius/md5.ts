import { createHash, createHmac } from 'node:crypto'
import { endianness } from 'node:os'
import { type Md5State, mixBlock, newMd5State } from './md5-block.ts'

/** RADIUS is built on MD5; both of these see the parts as one run of octets. */

const BLOCK = 64
/** A packet with its secret fits; what is longer takes the slow way. */
const SCRATCH_BYTES = 8_192
const scratch = Buffer.alloc(SCRATCH_BYTES)
const words = new Int32Array(scratch.buffer, scratch.byteOffset, SCRATCH_BYTES / 4)
const isFast = endianness() === 'LE'

export function md5(...parts: readonly Buffer[]): Buffer {
  const length = lengthOf(parts)
  if (isFast && length <= SCRATCH_BYTES - 2 * BLOCK) return digestOf(FRESH, 0, parts)
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export function hmacMd5(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  if (isFast && lengthOf(parts) <= SCRATCH_BYTES - 2 * BLOCK) {
    const { inner, outer } = padsOf(key)
    return digestOf(outer, BLOCK, [digestOf(inner, BLOCK, parts)])
  }
  const hmac = createHmac('md5', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

interface Pads {
  inner: Md5State
  outer: Md5State
}

/** A router's secret is used again and again: its two padded blocks are mixed once. */
const padsByKey = new WeakMap<Buffer, Pads>()

function padsOf(key: Buffer): Pads {
  const known = padsByKey.get(key)
  if (known) return known
  const short = key.length > BLOCK ? md5(key) : key
  const padded = (octet: number): Md5State => {
    scratch.fill(octet, 0, BLOCK)
    for (let at = 0; at < short.length; at += 1) scratch[at] = octet ^ short.readUInt8(at)
    const state = newMd5State()
    mixBlock(state, words, 0)
    return state
  }
  const pads = { inner: padded(0x36), outer: padded(0x5c) }
  padsByKey.set(key, pads)
  return pads
}

const FRESH = newMd5State()
const state = newMd5State()

/** Goes on from a state that has seen `before` octets (whole blocks) to the end. */
function digestOf(start: Md5State, before: number, parts: readonly Buffer[]): Buffer {
  let length = 0
  for (const part of parts) {
    scratch.set(part, length)
    length += part.length
  }
  const end = Math.ceil((length + 9) / BLOCK) * BLOCK
  scratch[length] = 0x80
  for (let at = length + 1; at < end; at += 1) scratch[at] = 0
  words[end / 4 - 2] = (before + length) * 8
  // Written out: a call into the runtime for so few octets costs more than the hash.
  for (let word = 0; word < 4; word += 1) state[word] = start[word] as number
  for (let at = 0; at < end / 4; at += BLOCK / 4) mixBlock(state, words, at)
  const digest = Buffer.allocUnsafe(16)
  for (let at = 0; at < 16; at += 1) digest[at] = (state[at >> 2] as number) >> (8 * (at & 3))
  return digest
}

function lengthOf(parts: readonly Buffer[]): number {
  let length = 0
  for (const part of parts) length += part.length
  return length
}
