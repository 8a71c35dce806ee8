import { address, GIGAWORD, integer, text, vendorInteger, vendorText } from './attribute-values.ts'
import { ATTRIBUTE, MIKROTIK } from './attributes.ts'
import type { Acceptance } from './login.ts'
import type { NewAttribute } from './packet.ts'

/** What an Access-Accept says of the access that it gives. */
export function acceptAttributes(given: Acceptance, interimIntervalSeconds: number): NewAttribute[] {
  const attributes = [
    integer(ATTRIBUTE.sessionTimeout, given.sessionTimeoutSeconds),
    text(ATTRIBUTE.class, given.classToken),
    integer(ATTRIBUTE.portLimit, given.portLimit),
    integer(ATTRIBUTE.acctInterimInterval, interimIntervalSeconds),
  ]
  const { totalLimitBytes, rateLimit, idleTimeoutSeconds, framedIpAddress, framedPool, routerGroup, addressList } =
    given
  if (totalLimitBytes !== undefined) attributes.push(...totalLimit(totalLimitBytes))
  if (rateLimit !== undefined) attributes.push(vendorText(MIKROTIK.rateLimit, rateLimit))
  if (idleTimeoutSeconds !== undefined) attributes.push(integer(ATTRIBUTE.idleTimeout, idleTimeoutSeconds))
  const framed = framedIpAddress === undefined ? undefined : address(ATTRIBUTE.framedIpAddress, framedIpAddress)
  if (framed) attributes.push(framed)
  if (framedPool !== undefined) attributes.push(text(ATTRIBUTE.framedPool, framedPool))
  if (routerGroup !== undefined) attributes.push(vendorText(MIKROTIK.group, routerGroup))
  if (addressList !== undefined) attributes.push(vendorText(MIKROTIK.addressList, addressList))
  return attributes
}

/** A Total-Limit of 0 may mean "no limit" to RouterOS, so an exact multiple of 2^32 is sent as one octet less. */
function totalLimit(bytes: number): NewAttribute[] {
  const limit = bytes % GIGAWORD === 0 ? Math.max(1, bytes - 1) : bytes
  const gigawords = Math.floor(limit / GIGAWORD)
  return [
    vendorInteger(MIKROTIK.totalLimit, limit % GIGAWORD),
    ...(gigawords > 0 ? [vendorInteger(MIKROTIK.totalLimitGigawords, gigawords)] : []),
  ]
}
