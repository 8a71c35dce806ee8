import { isUtf8 } from 'node:buffer'
import { isIPv4 } from 'node:net'
import { ATTRIBUTE } from './attributes.ts'
import type { VendorKey } from './dictionary.ts'
import type { Attribute, Packet } from './packet.ts'

/** Values of attributes. One whose content has the wrong form counts as absent: only that attribute is ignored. */

export const GIGAWORD = 2 ** 32

export function octetsOf({ attributes }: Packet, type: number): Buffer | undefined {
  for (const attribute of attributes) if (attribute.type === type) return attribute.value
  return undefined
}

/** Never lossy: what is not UTF-8 is read octet by octet, so that different names stay different. */
export function textOf(packet: Packet, type: number): string | undefined {
  const value = octetsOf(packet, type)
  return value?.toString(isUtf8(value) ? 'utf8' : 'latin1')
}

export function integerOf(packet: Packet, type: number): number | undefined {
  const value = octetsOf(packet, type)
  return value?.length === 4 ? value.readUInt32BE(0) : undefined
}

export function addressOf(packet: Packet, type: number): string | undefined {
  const value = octetsOf(packet, type)
  return value?.length === 4 ? value.join('.') : undefined
}

/** The value inside Vendor-Specific; one Vendor-Specific may hold several (RFC 2865 section 5.26). */
export function vendorOctetsOf({ attributes }: Packet, { vendor, type }: VendorKey): Buffer | undefined {
  for (const attribute of attributes) {
    if (attribute.type !== ATTRIBUTE.vendorSpecific) continue
    const { value } = attribute
    if (value.length < 4 || value.readUInt32BE(0) !== vendor) continue
    for (let at = 4; at + 2 <= value.length; ) {
      const size = value.readUInt8(at + 1)
      if (size < 2 || at + size > value.length) break
      if (value[at] === type) return value.subarray(at + 2, at + size)
      at += size
    }
  }
  return undefined
}

export const octets = (type: number, value: Buffer): Attribute => ({ type, value })

/** Cut to what one attribute holds, between two characters. */
export function text(type: number, value: string): Attribute {
  const bytes = Buffer.from(value)
  let end = Math.min(bytes.length, 253)
  while (end < bytes.length && (bytes.readUInt8(end) & 0xc0) === 0x80) end -= 1
  return { type, value: bytes.subarray(0, end) }
}

/** Unsigned; a larger number becomes the largest. */
export function integer(type: number, value: number): Attribute {
  return { type, value: integerOctets(value) }
}

/** Undefined when it is no IPv4 address. */
export function address(type: number, ip: string): Attribute | undefined {
  return isIPv4(ip) ? { type, value: Buffer.from(ip.split('.').map(Number)) } : undefined
}

export function vendorOctets({ vendor, type }: VendorKey, value: Buffer): Attribute {
  const bytes = Buffer.allocUnsafe(6 + value.length)
  bytes.writeUInt32BE(vendor)
  bytes.writeUInt8(type, 4)
  bytes.writeUInt8(value.length + 2, 5)
  value.copy(bytes, 6)
  return { type: ATTRIBUTE.vendorSpecific, value: bytes }
}

export const vendorText = (key: VendorKey, value: string): Attribute => vendorOctets(key, Buffer.from(value))

export const vendorInteger = (key: VendorKey, value: number): Attribute => vendorOctets(key, integerOctets(value))

function integerOctets(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(Math.min(Math.max(0, Math.floor(value)), GIGAWORD - 1))
  return bytes
}
