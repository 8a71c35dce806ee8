import { ATTRIBUTE, MIKROTIK } from '../nas/attributes.ts'
import { type Attribute, addressOf, integerOf, ofVendor, type Packet, textOf, valuesOf } from '../nas/packet.ts'

/** What a login is allowed, whoever allowed it. Absent means without limit. */
export interface Grant {
  sessionTimeoutSeconds?: number
  totalLimitBytes?: number
  uploadLimitBytes?: number
  downloadLimitBytes?: number
  rateLimit?: string
  /** Sessions that the user may have at once. */
  portLimit?: number
  /** Hotspot user or PPP profile. */
  profile?: string
  /** PPP only: the address, or the pool that it is taken from; 127/8 and 224/3 leave it to the pool. */
  address?: string
  pool?: string
  /** Firewall list of its address. */
  addressList?: string
  /** RADIUS only: how often it wants an Interim-Update, and what each Accounting-Request must carry. */
  interimSeconds?: number
  classes?: Buffer[]
}

export interface Session {
  /** In the API: `*` and the phone's address in hex, so it comes back with the next login from there. */
  readonly id: string
  /** Acct-Session-Id: never the same twice before the router restarts sixteen times. */
  readonly sessionId: string
  readonly username: string
  readonly macAddress: string
  readonly ipAddress: string
  readonly port: number
  readonly loginBy: 'http-chap' | 'http-pap' | 'mac-cookie'
  readonly source: 'local' | 'radius'
  readonly startedAtMs: number
  grant: Grant
  /** Upload, as the router counts it: received from the phone. */
  inputBytes: number
  outputBytes: number
  cancelTimers: () => void
}

const GIGAWORD = 2 ** 32

/** What an Access-Accept grants. Zero counts as no limit. */
export function grantOf(accept: Packet): Grant {
  const mikrotik = ofVendor(accept, MIKROTIK.vendor)
  const classes = valuesOf(accept.attributes, ATTRIBUTE.class)
  return withoutNothing({
    ...changesOf(accept),
    totalLimitBytes: octets(mikrotik, MIKROTIK.totalLimit, MIKROTIK.totalLimitGigawords),
    uploadLimitBytes: octets(mikrotik, MIKROTIK.recvLimit, MIKROTIK.recvLimitGigawords),
    downloadLimitBytes: octets(mikrotik, MIKROTIK.xmitLimit, MIKROTIK.xmitLimitGigawords),
    profile: textOf(mikrotik, MIKROTIK.group),
    address: addressOf(accept.attributes, ATTRIBUTE.framedIpAddress),
    pool: textOf(accept.attributes, ATTRIBUTE.framedPool),
    addressList: textOf(mikrotik, MIKROTIK.addressList),
    interimSeconds: integerOf(accept.attributes, ATTRIBUTE.acctInterimInterval),
    classes: classes.length > 0 ? classes.map((value) => Buffer.from(value)) : undefined,
  })
}

/** The part of a grant that a CoA-Request can change: neither total limits nor Gigawords are in it. */
export function changesOf(request: Packet): Grant {
  const mikrotik = ofVendor(request, MIKROTIK.vendor)
  return withoutNothing({
    sessionTimeoutSeconds: integerOf(request.attributes, ATTRIBUTE.sessionTimeout),
    uploadLimitBytes: integerOf(mikrotik, MIKROTIK.recvLimit),
    downloadLimitBytes: integerOf(mikrotik, MIKROTIK.xmitLimit),
    rateLimit: textOf(mikrotik, MIKROTIK.rateLimit),
    portLimit: integerOf(request.attributes, ATTRIBUTE.portLimit),
  })
}

function octets(attributes: readonly Attribute[], low: number, high: number): number {
  return (integerOf(attributes, low) ?? 0) + (integerOf(attributes, high) ?? 0) * GIGAWORD
}

export function withoutNothing(grant: { [Key in keyof Grant]: Grant[Key] | undefined }): Grant {
  const said = Object.entries(grant).filter(([, value]) => value !== undefined && value !== 0 && value !== '')
  return Object.fromEntries(said) as Grant
}
