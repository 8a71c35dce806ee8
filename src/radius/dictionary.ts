import { fileURLToPath } from 'node:url'
import radius from 'radius'
import { MlangoError } from '../errors.ts'
import { installedAt } from '../installed-at.ts'

/**
 * The only file that knows the npm package `radius`, and all it takes from it is names and numbers: its comparisons of
 * authenticators are lossy, so nothing that decides about trust may come from there.
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

function known(name: string, number: string | undefined): number {
  if (number === undefined) throw new MlangoError('radius-name-unknown', `No RADIUS dictionary knows ${name}`)
  return Number(number)
}
