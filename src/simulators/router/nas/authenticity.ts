import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ATTRIBUTE } from './attributes.ts'
import { type Attribute, encodePacket, type Packet, valueOffset } from './packet.ts'

/** What the shared secret is for: authenticators, Message-Authenticator and hidden passwords. */

const ZERO = Buffer.alloc(16)
const UNSIGNED: Attribute = { type: ATTRIBUTE.messageAuthenticator, value: ZERO }

function md5(...parts: (Buffer | string)[]): Buffer {
  const hash = createHash('md5')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Access-Request. A Message-Authenticator goes last: its place in a request has no meaning, and servers must not care. */
export function sealAccessRequest(
  packet: { code: number; id: number; authenticator: Buffer; attributes: readonly Attribute[] },
  secret: string,
  signed: boolean,
): Buffer {
  const { code, id, authenticator, attributes } = packet
  const bytes = encodePacket(code, id, authenticator, signed ? [...attributes, UNSIGNED] : attributes)
  if (signed)
    createHmac('md5', secret)
      .update(bytes)
      .digest()
      .copy(bytes, bytes.length - 16)
  return bytes
}

/** Accounting-Request: the authenticator is a checksum over the packet with zeros in its place (RFC 2866 section 3). */
export function sealAccounting(code: number, id: number, attributes: readonly Attribute[], secret: string): Buffer {
  const bytes = encodePacket(code, id, ZERO, attributes)
  md5(bytes, secret).copy(bytes, 4)
  return bytes
}

/** Answer to a Disconnect- or CoA-Request, signed when the request was (RFC 5176 section 3.4). */
export function sealAnswer(code: number, request: Packet, attributes: readonly Attribute[], secret: string): Buffer {
  const signed = valueOffset(request.raw, ATTRIBUTE.messageAuthenticator) !== undefined
  const bytes = encodePacket(code, request.id, request.authenticator, signed ? [UNSIGNED, ...attributes] : attributes)
  if (signed) createHmac('md5', secret).update(bytes).digest().copy(bytes, 22)
  md5(bytes, secret).copy(bytes, 4)
  return bytes
}

/** Whether a Disconnect- or CoA-Request was made with the secret. */
export function isAuthenticRequest(request: Packet, secret: string): boolean {
  const zeroed = withAuthenticator(request.raw, ZERO)
  return timingSafeEqual(md5(zeroed, secret), request.authenticator) && isSignatureRight(zeroed, secret) !== false
}

/**
 * Whether a reply answers this request and was made with the secret. With `signedFirst` it must also begin with a
 * Message-Authenticator, as RouterOS 7.15 and later want it of replies to an Access-Request.
 */
export function isAuthenticReply(reply: Packet, request: Buffer, secret: string, signedFirst: boolean): boolean {
  const asked = withAuthenticator(reply.raw, request.subarray(4, 20))
  if (!timingSafeEqual(md5(asked, secret), reply.authenticator)) return false
  if (signedFirst && reply.attributes[0]?.type !== ATTRIBUTE.messageAuthenticator) return false
  return isSignatureRight(asked, secret) !== false
}

/** Undefined when there is no Message-Authenticator. */
function isSignatureRight(packet: Buffer, secret: string): boolean | undefined {
  const at = valueOffset(packet, ATTRIBUTE.messageAuthenticator)
  if (at === undefined) return undefined
  if (packet.readUInt8(at - 1) !== 18) return false
  const unsigned = Buffer.from(packet)
  ZERO.copy(unsigned, at)
  return timingSafeEqual(createHmac('md5', secret).update(unsigned).digest(), packet.subarray(at, at + 16))
}

function withAuthenticator(raw: Buffer, authenticator: Buffer): Buffer {
  const copy = Buffer.from(raw)
  authenticator.copy(copy, 4)
  return copy
}

/** User-Password (RFC 2865 section 5.2): padded to blocks of 16, each hidden with a chain of MD5. */
export function hidePassword(password: string, requestAuthenticator: Buffer, secret: string): Buffer {
  const clear = Buffer.from(password, 'utf8')
  const padded = Buffer.alloc(Math.max(16, Math.ceil(clear.length / 16) * 16))
  clear.copy(padded)
  let previous = requestAuthenticator
  for (let at = 0; at < padded.length; at += 16) {
    const key = md5(secret, previous)
    for (let i = at; i < at + 16; i += 1) padded.writeUInt8(padded.readUInt8(i) ^ key.readUInt8(i - at), i)
    previous = padded.subarray(at, at + 16)
  }
  return padded
}

/** CHAP-Password: the id and MD5 over id, password and challenge (RFC 2865 section 5.3). */
export function chapPassword(id: number, password: string, challenge: Buffer): Buffer {
  return Buffer.concat([Buffer.of(id), md5(Buffer.of(id), password, challenge)])
}
