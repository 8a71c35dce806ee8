import { fileURLToPath } from 'node:url'
import radius from 'radius'
import { MlangoError } from '../errors.ts'
import { installedAt } from '../installed-at.ts'
import type { Attribute } from './packet.ts'

/**
 * The only file that knows the npm package `radius`, and all it takes from it is names, numbers and words for people: its
 * comparisons of authenticators are lossy, so nothing that decides about trust may come from there.
 */

const ownDictionaries = fileURLToPath(new URL('src/radius/dictionaries', installedAt))
radius.add_dictionary(ownDictionaries)
radius.load_dictionaries()

/** The number of an attribute of the RFCs. */
export function attributeNumber(name: string): number {
  return known(name, radius.attr_name_to_id(name))
}

/** An attribute that travels inside Vendor-Specific. */
export interface VendorKey {
  readonly vendor: number
  readonly type: number
}

export function vendorKey(vendor: string, name: string): VendorKey {
  const vendorId = radius.vendor_name_to_id(vendor)
  return { vendor: known(vendor, vendorId), type: known(name, radius.attr_name_to_id(name, vendorId)) }
}

/** What one attribute says, for people. Several for a Vendor-Specific that holds several. */
export function describeAttribute(attribute: Attribute): { name: string; value: string | number }[] {
  const { type, value } = attribute
  const one = Buffer.concat([Buffer.alloc(20), Buffer.of(type, value.length + 2), value])
  one.writeUInt16BE(one.length, 2)
  one.writeUInt8(1, 0)
  try {
    const { attributes } = radius.decode_without_secret({ packet: one })
    const said = Object.entries(attributes).flatMap(([name, content]) =>
      isPlainObject(content) ? Object.entries(content) : [[name, content] as const],
    )
    if (said.length > 0) return said.map(([name, content]) => ({ name, value: plain(content, value) }))
  } catch {
    // Its content has not the form that the dictionary gives it.
  }
  const vendor = type === 26 && value.length >= 6 ? ` (vendor ${value.readUInt32BE(0)}, type ${value[4]})` : ''
  return [
    { name: `${radius.attr_id_to_name(type) ?? `attribute ${type}`}${vendor}`, value: `0x${value.toString('hex')}` },
  ]
}

const isPlainObject = (content: unknown): content is Record<string, unknown> =>
  typeof content === 'object' && content !== null && !Buffer.isBuffer(content) && !(content instanceof Date)

/** A password is null without the secret: then its octets as they came. */
function plain(content: unknown, octets: Buffer): string | number {
  if (typeof content === 'number' || typeof content === 'string') return content
  if (content instanceof Date) return content.toISOString()
  return `0x${(Buffer.isBuffer(content) ? content : octets).toString('hex')}`
}

function known(name: string, number: string | undefined): number {
  if (number === undefined) throw new MlangoError('radius-name-unknown', `No RADIUS dictionary knows ${name}`)
  return Number(number)
}
