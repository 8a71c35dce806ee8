import { octets } from './attribute-values.ts'
import { ATTRIBUTE, CODE } from './attributes.ts'
import { row } from './md5.ts'
import {
  AUTHENTICATOR,
  endOf,
  findAttribute,
  HEADER_BYTES,
  type NewAttributes,
  type Packet,
  writePacket,
} from './packet.ts'

/**
 * What the shared secret proves. INVARIANTS: every comparison is constant-time and on octets; a Message-Authenticator
 * that we write comes first (draft-ietf-radext-deprecating-radius: otherwise MD5 collisions can turn a reject into an accept).
 */

const ZERO = Buffer.alloc(16)
/** What is signed begins with it. */
const UNSIGNED: NewAttributes = [octets(ATTRIBUTE.messageAuthenticator, ZERO)]
const NONE: NewAttributes = []
const FIRST_VALUE = HEADER_BYTES + 2

/** `unsigned`: an Access-Request or Status-Server without Message-Authenticator proves nothing, for or against. */
export type Authenticity = 'authentic' | 'unsigned' | 'forged'

export function checkRequest(request: Packet, secret: Buffer): Authenticity {
  if (request.code === CODE.accessRequest || request.code === CODE.statusServer) {
    return checkSignature(request, secret)
  }
  if (!isChecksumRight(request, secret, ZERO)) return 'forged'
  return checkSignature(request, secret, ZERO) === 'forged' ? 'forged' : 'authentic'
}

/** Whether a reply answers the request that begins with these octets, and was made with the secret. */
export function isAuthenticReply(reply: Packet, request: Buffer, secret: Buffer): boolean {
  const asked = request.subarray(AUTHENTICATOR, HEADER_BYTES)
  if (reply.id !== request[1]) return false
  if (!isChecksumRight(reply, secret, asked)) return false
  return checkSignature(reply, secret, asked) !== 'forged'
}

/** Undefined when the reply would be too long. Every Proxy-State goes back in its order, after everything else. */
export function sealReply(
  request: Packet,
  { code, attributes, signed }: { code: number; attributes: NewAttributes; signed: boolean },
  secret: Buffer,
): Buffer | undefined {
  const isProxied = findAttribute(request, ATTRIBUTE.proxyState) !== undefined
  const lists = [signed ? UNSIGNED : NONE, attributes, isProxied ? proxyStates(request) : NONE]
  const bytes = writePacket(code, request.id, lists, request.bytes, AUTHENTICATOR)
  if (!bytes) return undefined
  if (signed) row(bytes).hmacInto(secret, bytes, FIRST_VALUE)
  row(bytes).and(secret).md5Into(bytes, AUTHENTICATOR)
  return bytes
}

const proxyStates = ({ attributes }: Packet) => attributes.filter(({ type }) => type === ATTRIBUTE.proxyState)

/** A Disconnect-Request: the authenticator is zero while everything else is computed (RFC 5176 section 3.4). */
export function sealRequest(
  code: number,
  id: number,
  { attributes, signed }: { attributes: NewAttributes; signed: boolean },
  secret: Buffer,
): Buffer | undefined {
  const bytes = writePacket(code, id, [signed ? UNSIGNED : NONE, attributes], ZERO)
  if (!bytes) return undefined
  if (signed) row(bytes).hmacInto(secret, bytes, FIRST_VALUE)
  row(bytes).and(secret).md5Into(bytes, AUTHENTICATOR)
  return bytes
}

/** An Access-Request: only its Message-Authenticator proves anything (RFC 3579 section 3.2). */
export function sealAccessRequest(
  id: number,
  authenticator: Buffer,
  attributes: NewAttributes,
  secret: Buffer,
): Buffer | undefined {
  const bytes = writePacket(CODE.accessRequest, id, [UNSIGNED, attributes], authenticator)
  if (bytes) row(bytes).hmacInto(secret, bytes, FIRST_VALUE)
  return bytes
}

/** `authenticator`: what stood in its place when it was signed, if that was not its own. */
function checkSignature(packet: Packet, secret: Buffer, authenticator?: Buffer): Authenticity {
  const { bytes } = packet
  const at = findAttribute(packet, ATTRIBUTE.messageAuthenticator)
  if (at === undefined) return 'unsigned'
  const end = endOf(bytes, at)
  const isOnly = findAttribute(packet, ATTRIBUTE.messageAuthenticator, end) === undefined
  if (!isOnly || end !== at + 2 + ZERO.length) return 'forged'
  const signed = authenticator
    ? row(bytes, 0, AUTHENTICATOR)
        .and(authenticator)
        .and(bytes, HEADER_BYTES, at + 2)
    : row(bytes, 0, at + 2)
  return signed
    .and(ZERO)
    .and(bytes, end)
    .isHmacAt(secret, bytes, at + 2)
    ? 'authentic'
    : 'forged'
}

/** `authenticator`: what stood in the place of its own. */
const isChecksumRight = ({ bytes }: Packet, secret: Buffer, authenticator: Buffer): boolean =>
  row(bytes, 0, AUTHENTICATOR).and(authenticator).and(bytes, HEADER_BYTES).and(secret).isMd5At(bytes, AUTHENTICATOR)
