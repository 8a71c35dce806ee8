import { timingSafeEqual } from 'node:crypto'
import { octetsOf } from './attribute-values.ts'
import { ATTRIBUTE } from './attributes.ts'
import type { LoginMethod } from './login.ts'
import { md5 } from './md5.ts'

const BLOCK = 16

/** User-Password (RFC 2865 section 5.2). The whole padded block is compared, so its padding can only be NULs. */
export const pap: LoginMethod = ({ packet, secret }) => {
  const hidden = octetsOf(packet, ATTRIBUTE.userPassword)
  if (!hidden || hidden.length > 128 || hidden.length % BLOCK !== 0) return undefined
  const padded = reveal(hidden, packet.authenticator, secret)
  return {
    matches(password) {
      const expected = Buffer.alloc(padded.length)
      const fits = expected.write(password) === Buffer.byteLength(password)
      return timingSafeEqual(expected, padded) && fits
    },
  }
}

function reveal(hidden: Buffer, requestAuthenticator: Buffer, secret: Buffer): Buffer {
  const clear = Buffer.alloc(hidden.length)
  let previous = requestAuthenticator
  for (let at = 0; at < hidden.length; at += BLOCK) {
    const key = md5(secret, previous)
    previous = hidden.subarray(at, at + BLOCK)
    for (let i = 0; i < BLOCK; i += 1) clear[at + i] = (previous[i] as number) ^ (key[i] as number)
  }
  return clear
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
