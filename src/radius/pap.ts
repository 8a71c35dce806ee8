import { timingSafeEqual } from 'node:crypto'
import { ATTRIBUTE } from './attributes.ts'
import type { LoginMethod } from './login.ts'
import { md5, row } from './md5.ts'
import { AUTHENTICATOR, endOf, findAttribute } from './packet.ts'

const BLOCK = 16
const LONGEST = 128

/** User-Password (RFC 2865 section 5.2). The whole padded block is compared, so its padding can only be NULs. */
export const pap: LoginMethod = ({ packet, secret }) => {
  const { bytes } = packet
  const at = findAttribute(packet, ATTRIBUTE.userPassword)
  if (at === undefined) return undefined
  const length = endOf(bytes, at) - at - 2
  if (length > LONGEST || length % BLOCK !== 0) return undefined
  return {
    matches(password) {
      expected.fill(0)
      const fits = expected.write(password, 0, length) === Buffer.byteLength(password)
      reveal(bytes, at + 2, length, secret)
      return timingSafeEqual(expected, clear) && fits
    },
  }
}

const expected = Buffer.alloc(LONGEST)
const clear = Buffer.alloc(LONGEST)
const key = Buffer.alloc(BLOCK)

/** What is hidden from `from` on, in a packet with its Request Authenticator. */
function reveal(bytes: Buffer, from: number, length: number, secret: Buffer): void {
  clear.fill(0, length)
  let previous = AUTHENTICATOR
  for (let at = 0; at < length; at += BLOCK) {
    row(secret)
      .and(bytes, previous, previous + BLOCK)
      .md5Into(key)
    previous = from + at
    for (let i = 0; i < BLOCK; i += 1) clear[at + i] = (bytes[previous + i] as number) ^ (key[i] as number)
  }
}

/** The same the other way round, for whoever asks. */
export function hidePassword(password: string, requestAuthenticator: Buffer, secret: Buffer): Buffer {
  const clear = Buffer.alloc(Math.max(1, Math.ceil(Buffer.byteLength(password) / BLOCK)) * BLOCK)
  clear.write(password)
  const hidden = Buffer.alloc(clear.length)
  let previous = requestAuthenticator
  for (let at = 0; at < clear.length; at += BLOCK) {
    const key = md5(secret, previous)
    for (let i = 0; i < BLOCK; i += 1) hidden[at + i] = clear.readUInt8(at + i) ^ key.readUInt8(i)
    previous = hidden.subarray(at, at + BLOCK)
  }
  return hidden
}
