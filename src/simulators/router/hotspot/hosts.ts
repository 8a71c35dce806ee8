import { isIPv4 } from 'node:net'
import { MlangoError } from '../../../errors.ts'
import { normaliseMac } from '../mac-address.ts'

/** A phone that the router has heard of, logged in or not: one row of /ip/hotspot/host. */
export interface Host {
  readonly id: string
  readonly macAddress: string
  readonly ipAddress: string
  /** NAS-Port of its logins. */
  readonly port: number
  readonly joinedAtMs: number
  authorizing: boolean
}

const FIRST_PORT = 0x8010_0000
/** 10.5.50.2 to 10.5.255.255. */
const POOL_SIZE = (256 - 50) * 256

/** Who is on the WiFi, and the addresses they got: a phone that comes back gets its old one. */
export class HotspotHosts {
  readonly #byMac = new Map<string, Host>()
  readonly #byIp = new Map<string, Host>()
  readonly #leases = new Map<string, string>()
  readonly #leased = new Set<string>()
  /** On the WiFi, but the router has forgotten them until their next packet. */
  readonly #unheard = new Set<string>()
  #joins = 0
  #lastAddress = 1

  /** A phone that is already there stays as it is, unless it comes with another address. */
  join(macAddress: string, wantedIp: string | undefined, nowMs: number): Host {
    const mac = requireMac(macAddress)
    if (wantedIp !== undefined && !isIPv4(wantedIp)) {
      throw new MlangoError('simulated-phone-invalid', `not an IPv4 address: ${wantedIp}`)
    }
    const present = this.#byMac.get(mac)
    if (present && (wantedIp === undefined || wantedIp === present.ipAddress)) return present
    if (present) this.leave(present)
    const ipAddress = wantedIp ?? this.#leases.get(mac) ?? this.#freeAddress()
    this.#joins += 1
    const id = `*${this.#joins.toString(16).toUpperCase()}`
    const host: Host = {
      id,
      macAddress: mac,
      ipAddress,
      port: FIRST_PORT + this.#joins,
      joinedAtMs: nowMs,
      authorizing: false,
    }
    this.#unheard.delete(mac)
    this.#leases.set(mac, ipAddress)
    this.#leased.add(ipAddress)
    this.#byMac.set(mac, host)
    this.#byIp.set(ipAddress, host)
    return host
  }

  leave(host: Host): void {
    if (this.has(host)) this.#byMac.delete(host.macAddress)
    if (this.at(host.ipAddress) === host) this.#byIp.delete(host.ipAddress)
  }

  /** Somebody removed the row: the phone is still there. */
  forget(host: Host): void {
    this.leave(host)
    this.#unheard.add(host.macAddress)
  }

  /** It walks away before the router has heard of it again. */
  leaveUnheard(macAddress: string): void {
    this.#unheard.delete(requireMac(macAddress))
  }

  isUnheard(macAddress: string): boolean {
    return this.#unheard.has(requireMac(macAddress))
  }

  /** Whose packets come from there, whether the router has a row for it or not. */
  phoneAt(ipAddress: string): string | undefined {
    const unheard = [...this.#unheard].find((mac) => this.#leases.get(mac) === ipAddress)
    return this.at(ipAddress)?.macAddress ?? unheard
  }

  has(host: Host): boolean {
    return this.#byMac.get(host.macAddress) === host
  }

  all(): Host[] {
    return [...this.#byMac.values()]
  }

  find(macAddress: string): Host | undefined {
    return this.#byMac.get(requireMac(macAddress))
  }

  at(ipAddress: string): Host | undefined {
    return this.#byIp.get(ipAddress)
  }

  #freeAddress(): string {
    while (this.#lastAddress < POOL_SIZE - 1) {
      this.#lastAddress += 1
      const ip = `10.5.${50 + Math.floor(this.#lastAddress / 256)}.${this.#lastAddress % 256}`
      if (!this.#leased.has(ip)) return ip
    }
    throw new MlangoError('simulated-pool-empty', 'the simulated router has no more free addresses')
  }
}

/** In the router's spelling. */
export function requireMac(macAddress: string): string {
  const mac = normaliseMac(macAddress)
  if (mac === undefined) throw new MlangoError('simulated-phone-invalid', `not a MAC address: ${macAddress}`)
  return mac
}
