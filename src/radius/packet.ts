/** RADIUS packets as octets and back (RFC 2865 section 3). Nothing here knows a secret or the meaning of an attribute. */

export interface Attribute {
  readonly type: number
  readonly value: Buffer
}

export interface Packet {
  readonly code: number
  readonly id: number
  readonly authenticator: Buffer
  readonly attributes: readonly Attribute[]
  /** The packet's own octets, without padding. */
  readonly bytes: Buffer
}

export const HEADER_BYTES = 20
const LONGEST_PACKET_BYTES = 4096
const LONGEST_VALUE_BYTES = 253
/** No honest packet has more; each costs work in every later step. */
const MOST_ATTRIBUTES = 200

/** Cut out of its packet when somebody asks for it: most are never looked at. */
class ReadAttribute implements Attribute {
  readonly type: number
  readonly #packet: Buffer
  readonly #from: number
  readonly #to: number

  constructor(packet: Buffer, type: number, from: number, to: number) {
    this.type = type
    this.#packet = packet
    this.#from = from
    this.#to = to
  }

  get value(): Buffer {
    return this.#packet.subarray(this.#from, this.#to)
  }
}

/** Undefined for what must be dropped: wrong lengths, or attributes that do not fill the packet exactly. Octets after Length are padding. */
export function readPacket(datagram: Buffer): Packet | undefined {
  if (datagram.length < HEADER_BYTES) return undefined
  const length = datagram.readUInt16BE(2)
  if (length < HEADER_BYTES || length > LONGEST_PACKET_BYTES || length > datagram.length) return undefined
  const bytes = datagram.subarray(0, length)
  const attributes: Attribute[] = []
  for (let at = HEADER_BYTES; at < length; ) {
    const type = bytes[at]
    const size = bytes[at + 1]
    if (!type || size === undefined || size < 2 || at + size > length) return undefined
    if (attributes.length === MOST_ATTRIBUTES) return undefined
    attributes.push(new ReadAttribute(bytes, type, at + 2, at + size))
    at += size
  }
  return {
    code: bytes.readUInt8(0),
    id: bytes.readUInt8(1),
    authenticator: bytes.subarray(4, HEADER_BYTES),
    attributes,
    bytes,
  }
}

/** Of the packet that a stream goes on with; undefined until its head has come. */
export function packetLength(stream: Buffer): number | 'nonsense' | undefined {
  if (stream.length < 4) return undefined
  const length = stream.readUInt16BE(2)
  return length < HEADER_BYTES || length > LONGEST_PACKET_BYTES ? 'nonsense' : length
}

/** Undefined when it would be longer than a packet may be. */
export function writePacket(
  code: number,
  id: number,
  authenticator: Buffer,
  attributes: readonly Attribute[],
): Buffer | undefined {
  let length = HEADER_BYTES
  for (const { value } of attributes) {
    if (value.length > LONGEST_VALUE_BYTES) return undefined
    length += 2 + value.length
  }
  if (length > LONGEST_PACKET_BYTES) return undefined
  const bytes = Buffer.allocUnsafe(length)
  bytes.writeUInt8(code, 0)
  bytes.writeUInt8(id, 1)
  bytes.writeUInt16BE(length, 2)
  authenticator.copy(bytes, 4)
  let at = HEADER_BYTES
  for (const { type, value } of attributes) {
    bytes.writeUInt8(type, at)
    bytes.writeUInt8(value.length + 2, at + 1)
    value.copy(bytes, at + 2)
    at += value.length + 2
  }
  return bytes
}
