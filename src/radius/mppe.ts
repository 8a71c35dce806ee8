import { randomBytes } from 'node:crypto'
import { vendorInteger, vendorOctets } from './attribute-values.ts'
import { MICROSOFT } from './attributes.ts'
import { md5 } from './md5.ts'
import type { NewAttribute } from './packet.ts'
import { sha1 } from './sha1.ts'

/** Session keys of Microsoft's encryption for PPP links (RFC 3079 section 3, RFC 2548 section 2.4). */

const ENCRYPTION_ALLOWED = 1
const RC4_40_OR_128_BIT = 6
const KEY_BYTES = 16
const BLOCK = 16

const SERVER_RECEIVES = 'On the client side, this is the send key; on the server side, it is the receive key.'
const SERVER_SENDS = 'On the client side, this is the receive key; on the server side, it is the send key.'

export interface MppeKeys {
  receive: Buffer
  send: Buffer
}

export function mppeKeys(hashOfNtHash: Buffer, ntResponse: Buffer): MppeKeys {
  const master = sha1(hashOfNtHash, ntResponse, 'This is the MPPE Master Key').subarray(0, KEY_BYTES)
  const startKey = (text: string) => sha1(master, Buffer.alloc(40), text, Buffer.alloc(40, 0xf2)).subarray(0, KEY_BYTES)
  return { receive: startKey(SERVER_RECEIVES), send: startKey(SERVER_SENDS) }
}

export function mppeAttributes(keys: MppeKeys, requestAuthenticator: Buffer, secret: Buffer): NewAttribute[] {
  const [first, second] = differentSalts()
  return [
    vendorOctets(MICROSOFT.mppeRecvKey, hideKey(keys.receive, first, requestAuthenticator, secret)),
    vendorOctets(MICROSOFT.mppeSendKey, hideKey(keys.send, second, requestAuthenticator, secret)),
    vendorInteger(MICROSOFT.mppeEncryptionPolicy, ENCRYPTION_ALLOWED),
    vendorInteger(MICROSOFT.mppeEncryptionTypes, RC4_40_OR_128_BIT),
  ]
}

/** The top bit is set, and no two in one packet are the same (RFC 2548 section 2.4.2). */
function differentSalts(): [Buffer, Buffer] {
  const salt = randomBytes(2)
  salt.writeUInt8(salt.readUInt8(0) | 0x80, 0)
  const other = Buffer.of(salt.readUInt8(0), salt.readUInt8(1) ^ 1)
  return [salt, other]
}

function hideKey(key: Buffer, salt: Buffer, requestAuthenticator: Buffer, secret: Buffer): Buffer {
  const clear = Buffer.alloc(Math.ceil((key.length + 1) / BLOCK) * BLOCK)
  clear.writeUInt8(key.length, 0)
  key.copy(clear, 1)
  const hidden = Buffer.alloc(clear.length)
  let pad = md5(secret, requestAuthenticator, salt)
  for (let at = 0; at < clear.length; at += BLOCK) {
    for (let i = 0; i < BLOCK; i += 1) hidden[at + i] = clear.readUInt8(at + i) ^ pad.readUInt8(i)
    pad = md5(secret, hidden.subarray(at, at + BLOCK))
  }
  return Buffer.concat([salt, hidden])
}
