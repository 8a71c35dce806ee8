import { ATTRIBUTE } from './attributes.ts'

/** RADIUS packets as bytes and back (RFC 2865 section 3); nothing here knows a secret. */

export interface Attribute {
  type: number
  value: Buffer
}

export interface Packet {
  code: number
  id: number
  authenticator: Buffer
  attributes: Attribute[]
  /** The packet's own octets, without padding. */
  raw: Buffer
}

const HEADER = 20
const LONGEST = 4096

/** Undefined for what a NAS drops: wrong lengths, or an attribute that does not fit exactly. */
export function parsePacket(datagram: Buffer): Packet | undefined {
  if (datagram.length < HEADER) return undefined
  const length = datagram.readUInt16BE(2)
  if (length < HEADER || length > LONGEST || length > datagram.length) return undefined
  const raw = datagram.subarray(0, length)
  const attributes: Attribute[] = []
  for (let at = HEADER; at < length; ) {
    const type = raw[at]
    const size = raw[at + 1]
    if (!type || size === undefined || size < 2 || at + size > length) return undefined
    attributes.push({ type, value: raw.subarray(at + 2, at + size) })
    at += size
  }
  return { code: raw.readUInt8(0), id: raw.readUInt8(1), authenticator: raw.subarray(4, HEADER), attributes, raw }
}

export function encodePacket(
  code: number,
  id: number,
  authenticator: Buffer,
  attributes: readonly Attribute[],
): Buffer {
  const body = attributes.flatMap(({ type, value }) => [Buffer.of(type, value.length + 2), value])
  const header = Buffer.of(code, id, 0, 0)
  const packet = Buffer.concat([header, authenticator, ...body])
  packet.writeUInt16BE(packet.length, 2)
  return packet
}

/** Where the value of the packet's first attribute of a type begins; undefined when it has none. */
export function valueOffset(packet: Buffer, wanted: number): number | undefined {
  for (let at = HEADER; at + 1 < packet.length; at += packet.readUInt8(at + 1)) {
    if (packet[at] === wanted) return at + 2
  }
  return undefined
}

export function text(type: number, value: string): Attribute {
  return { type, value: Buffer.from(value, 'utf8') }
}

export function integer(type: number, value: number): Attribute {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return { type, value: bytes }
}

export function address(type: number, ip: string): Attribute {
  return { type, value: Buffer.from(ip.split('.').map(Number)) }
}

/** Wraps an attribute into Vendor-Specific. */
export function vendorSpecific(vendor: number, { type, value }: Attribute): Attribute {
  const head = Buffer.alloc(6)
  head.writeUInt32BE(vendor)
  head.writeUInt8(type, 4)
  head.writeUInt8(value.length + 2, 5)
  return { type: ATTRIBUTE.vendorSpecific, value: Buffer.concat([head, value]) }
}

/** The inner attributes of one vendor; a malformed one ends its Vendor-Specific. */
export function ofVendor(packet: Packet, vendor: number): Attribute[] {
  const inner: Attribute[] = []
  for (const { type, value } of packet.attributes) {
    if (type !== ATTRIBUTE.vendorSpecific || value.length < 4 || value.readUInt32BE(0) !== vendor) continue
    for (let at = 4; at + 1 < value.length; ) {
      const size = value.readUInt8(at + 1)
      if (size < 2 || at + size > value.length) break
      inner.push({ type: value.readUInt8(at), value: value.subarray(at + 2, at + size) })
      at += size
    }
  }
  return inner
}

export function valuesOf(attributes: readonly Attribute[], type: number): Buffer[] {
  return attributes.filter((attribute) => attribute.type === type).map(({ value }) => value)
}

export function textOf(attributes: readonly Attribute[], type: number): string | undefined {
  return valuesOf(attributes, type)[0]?.toString('utf8')
}

/** A number of exactly four octets; anything else counts as absent. */
export function integerOf(attributes: readonly Attribute[], type: number): number | undefined {
  const value = valuesOf(attributes, type)[0]
  return value?.length === 4 ? value.readUInt32BE(0) : undefined
}

export function addressOf(attributes: readonly Attribute[], type: number): string | undefined {
  const value = valuesOf(attributes, type)[0]
  return value?.length === 4 ? [...value].join('.') : undefined
}
