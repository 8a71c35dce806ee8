import { address, GIGAWORD, integer, text, vendorInteger, vendorText } from './attribute-values.ts'
import { ATTRIBUTE, MIKROTIK } from './attributes.ts'
import type { Acceptance } from './login.ts'
import type { NewAttributes } from './packet.ts'

/** What an Access-Accept says of the access that it gives. */
export function acceptAttributes(given: Acceptance, interimIntervalSeconds: number): NewAttributes {
  const { totalLimitBytes, rateLimit, idleTimeoutSeconds, framedIpAddress, framedPool, routerGroup, addressList } =
    given
  const limit = totalLimitBytes === undefined ? undefined : limitOf(totalLimitBytes)
  const gigawords = limit === undefined ? 0 : Math.floor(limit / GIGAWORD)
  return [
    integer(ATTRIBUTE.sessionTimeout, given.sessionTimeoutSeconds),
    text(ATTRIBUTE.class, given.classToken),
    integer(ATTRIBUTE.portLimit, given.portLimit),
    integer(ATTRIBUTE.acctInterimInterval, interimIntervalSeconds),
    limit === undefined ? undefined : vendorInteger(MIKROTIK.totalLimit, limit % GIGAWORD),
    gigawords === 0 ? undefined : vendorInteger(MIKROTIK.totalLimitGigawords, gigawords),
    rateLimit === undefined ? undefined : vendorText(MIKROTIK.rateLimit, rateLimit),
    idleTimeoutSeconds === undefined ? undefined : integer(ATTRIBUTE.idleTimeout, idleTimeoutSeconds),
    framedIpAddress === undefined ? undefined : address(ATTRIBUTE.framedIpAddress, framedIpAddress),
    framedPool === undefined ? undefined : text(ATTRIBUTE.framedPool, framedPool),
    routerGroup === undefined ? undefined : vendorText(MIKROTIK.group, routerGroup),
    addressList === undefined ? undefined : vendorText(MIKROTIK.addressList, addressList),
  ]
}

/** A Total-Limit of 0 may mean "no limit" to RouterOS, so an exact multiple of 2^32 is sent as one octet less. */
const limitOf = (bytes: number): number => (bytes % GIGAWORD === 0 ? Math.max(1, bytes - 1) : bytes)
