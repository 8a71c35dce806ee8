import { isUtf8 } from 'node:buffer'
import { isIPv4 } from 'node:net'
import { ATTRIBUTE } from './attributes.ts'
import type { VendorKey } from './dictionary.ts'
import { endOf, findAttribute, type NewAttribute, type Packet } from './packet.ts'

/** Values of attributes. One whose content has the wrong form counts as absent: only that attribute is ignored. */

export const GIGAWORD = 2 ** 32

export function octetsOf(packet: Packet, type: number): Buffer | undefined {
  const at = findAttribute(packet, type)
  return at === undefined ? undefined : packet.bytes.subarray(at + 2, endOf(packet.bytes, at))
}

/** Never lossy: what is not UTF-8 is read octet by octet, so that different names stay different. */
export function textOf(packet: Packet, type: number): string | undefined {
  const at = findAttribute(packet, type)
  if (at === undefined) return undefined
  const { bytes } = packet
  const end = endOf(bytes, at)
  const isLatin1 = isAscii(bytes, at + 2, end) || !isUtf8(bytes.subarray(at + 2, end))
  return bytes.toString(isLatin1 ? 'latin1' : 'utf8', at + 2, end)
}

/** Nearly all that comes, and known faster than whether it is UTF-8. */
function isAscii(bytes: Buffer, from: number, end: number): boolean {
  for (let at = from; at < end; at += 1) if ((bytes[at] as number) > 0x7f) return false
  return true
}

export function integerOf(packet: Packet, type: number): number | undefined {
  const at = findAttribute(packet, type)
  if (at === undefined || endOf(packet.bytes, at) !== at + 6) return undefined
  return packet.bytes.readUInt32BE(at + 2)
}

export function addressOf(packet: Packet, type: number): string | undefined {
  const value = octetsOf(packet, type)
  return value?.length === 4 ? value.join('.') : undefined
}

/** The value inside Vendor-Specific; one Vendor-Specific may hold several (RFC 2865 section 5.26). */
export function vendorOctetsOf(packet: Packet, { vendor, type }: VendorKey): Buffer | undefined {
  const { bytes } = packet
  let found = findAttribute(packet, ATTRIBUTE.vendorSpecific)
  for (; found !== undefined; found = findAttribute(packet, ATTRIBUTE.vendorSpecific, endOf(bytes, found))) {
    const end = endOf(bytes, found)
    if (end - found < 6 || bytes.readUInt32BE(found + 2) !== vendor) continue
    for (let at = found + 6; at + 2 <= end; ) {
      const inner = endOf(bytes, at)
      if (inner < at + 2 || inner > end) break
      if (bytes[at] === type) return bytes.subarray(at + 2, inner)
      at = inner
    }
  }
  return undefined
}

export const octets = (type: number, value: Buffer): NewAttribute => ({ type, value })

/** Cut to what one attribute holds, between two characters. */
export const text = (type: number, value: string): NewAttribute => ({ type, value })

/** Unsigned; a larger number becomes the largest. */
export const integer = (type: number, value: number): NewAttribute => ({ type, value: unsigned(value) })

/** Undefined when it is no IPv4 address. */
export function address(type: number, ip: string): NewAttribute | undefined {
  return isIPv4(ip) ? { type, value: Buffer.from(ip.split('.').map(Number)) } : undefined
}

export const vendorOctets = (vendor: VendorKey, value: Buffer): NewAttribute => ({
  type: ATTRIBUTE.vendorSpecific,
  vendor,
  value,
})

export const vendorText = (vendor: VendorKey, value: string): NewAttribute => ({
  type: ATTRIBUTE.vendorSpecific,
  vendor,
  value,
})

export const vendorInteger = (vendor: VendorKey, value: number): NewAttribute => ({
  type: ATTRIBUTE.vendorSpecific,
  vendor,
  value: unsigned(value),
})

const unsigned = (value: number): number => Math.min(Math.max(0, Math.floor(value)), GIGAWORD - 1)
