/** RADIUS packets as octets and back (RFC 2865 section 3). Nothing here knows a secret or the meaning of an attribute. */

export interface Attribute {
  readonly type: number
  readonly value: Buffer
}

export interface Packet {
  readonly code: number
  readonly id: number
  readonly authenticator: Buffer
  /** Each time anew: what is looked for is found faster by `findAttribute`. */
  readonly attributes: readonly Attribute[]
  /** The packet's own octets, without padding. INVARIANT: the attributes fill it exactly. */
  readonly bytes: Buffer
}

export const HEADER_BYTES = 20
/** Where the authenticator begins. */
export const AUTHENTICATOR = 4
const LONGEST_PACKET_BYTES = 4096
const LONGEST_VALUE_BYTES = 253
const VENDOR_HEAD_BYTES = 6
/** No honest packet has more; each costs work in every later step. */
const MOST_ATTRIBUTES = 200

/** Nothing is cut out of it before somebody asks: most of a packet is never looked at. */
class ReadPacket implements Packet {
  readonly code: number
  readonly id: number
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.code = bytes.readUInt8(0)
    this.id = bytes.readUInt8(1)
    this.bytes = bytes
  }

  get authenticator(): Buffer {
    return this.bytes.subarray(AUTHENTICATOR, HEADER_BYTES)
  }

  get attributes(): Attribute[] {
    const { bytes } = this
    const all: Attribute[] = []
    for (let at = HEADER_BYTES; at < bytes.length; at = endOf(bytes, at))
      all.push({ type: bytes.readUInt8(at), value: bytes.subarray(at + 2, endOf(bytes, at)) })
    return all
  }
}

/** Undefined for what must be dropped: wrong lengths, or attributes that do not fill the packet exactly. Octets after Length are padding. */
export function readPacket(datagram: Buffer): Packet | undefined {
  if (datagram.length < HEADER_BYTES) return undefined
  const length = datagram.readUInt16BE(2)
  if (length < HEADER_BYTES || length > LONGEST_PACKET_BYTES || length > datagram.length) return undefined
  let count = 0
  for (let at = HEADER_BYTES; at < length; at = endOf(datagram, at)) {
    const size = at + 1 < length ? datagram[at + 1] : undefined
    if (!datagram[at] || size === undefined || size < 2 || at + size > length) return undefined
    if (count === MOST_ATTRIBUTES) return undefined
    count += 1
  }
  return new ReadPacket(length === datagram.length ? datagram : datagram.subarray(0, length))
}

/** Where the first attribute of this type begins, from the one that begins at `from`; undefined when there is none. Its value begins two octets later. */
export function findAttribute({ bytes }: Packet, type: number, from = HEADER_BYTES): number | undefined {
  for (let at = from; at < bytes.length; at = endOf(bytes, at)) if (bytes[at] === type) return at
  return undefined
}

/** Where the attribute ends that begins here. */
export const endOf = (bytes: Buffer, at: number): number => at + (bytes[at + 1] as number)

/** Of the packet that a stream goes on with; undefined until its head has come. */
export function packetLength(stream: Buffer): number | 'nonsense' | undefined {
  if (stream.length < 4) return undefined
  const length = stream.readUInt16BE(2)
  return length < HEADER_BYTES || length > LONGEST_PACKET_BYTES ? 'nonsense' : length
}

/** Text and numbers become octets only where they are written: text in UTF-8, cut between two characters; numbers in four octets. */
export interface NewAttribute {
  readonly type: number
  /** Of what travels inside Vendor-Specific. Here nothing is cut. */
  readonly vendor?: { readonly vendor: number; readonly type: number }
  readonly value: Buffer | string | number
}

/** In their order; where nothing is to be said is a gap. */
export type NewAttributes = readonly (NewAttribute | undefined)[]

/** One packet at a time is put together here; there is room for an attribute that begins where a packet must end. */
const page = Buffer.alloc(LONGEST_PACKET_BYTES + 2 + LONGEST_VALUE_BYTES)

/** Its authenticator are the sixteen octets that begin at `from`. Undefined when it would be longer than a packet may be. */
export function writePacket(
  code: number,
  id: number,
  lists: readonly NewAttributes[],
  authenticator: Buffer,
  from = 0,
): Buffer | undefined {
  let length = HEADER_BYTES
  for (const attributes of lists) {
    for (const attribute of attributes) {
      if (!attribute) continue
      const end = writeAttribute(attribute, length)
      if (end === undefined || end > LONGEST_PACKET_BYTES) return undefined
      length = end
    }
  }
  const bytes = Buffer.allocUnsafe(length)
  page.copy(bytes, HEADER_BYTES, HEADER_BYTES, length)
  bytes[0] = code
  bytes[1] = id
  bytes[2] = length >> 8
  bytes[3] = length
  for (let at = AUTHENTICATOR; at < HEADER_BYTES; at += 1)
    bytes[at] = authenticator[from + at - AUTHENTICATOR] as number
  return bytes
}

/** Where it ends. */
function writeAttribute({ type, vendor, value }: NewAttribute, at: number): number | undefined {
  const from = at + 2 + (vendor ? VENDOR_HEAD_BYTES : 0)
  const room = at + 2 + LONGEST_VALUE_BYTES - from
  const size = writeValue(value, from, room)
  if (size > room || (vendor && typeof value === 'string' && Buffer.byteLength(value) > size)) return undefined
  page[at] = type
  page[at + 1] = from + size - at
  if (vendor) {
    page.writeUInt32BE(vendor.vendor, at + 2)
    page[at + 6] = vendor.type
    page[at + 7] = size + 2
  }
  return from + size
}

/** How many octets it has; of text, as many as there is room for. */
function writeValue(value: NewAttribute['value'], at: number, room: number): number {
  if (typeof value === 'number') return page.writeUInt32BE(value, at) - at
  if (typeof value === 'string') return page.write(value, at, room)
  return value.length > room ? value.length : value.copy(page, at)
}
