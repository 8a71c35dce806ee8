import { ATTRIBUTE, CODE } from './attributes.ts'
import type { Authenticity } from './authenticity.ts'
import type { Nas } from './nas.ts'
import type { Packet } from './packet.ts'

/** Which requests without Message-Authenticator are still taken, router by router (BlastRADIUS, CVE-2024-3596). */
export class SigningRouters {
  /** Seen to sign, and not yet known to do so by what is on disk. */
  readonly #seen = new Set<number>()
  readonly #noteSigns: (routerId: number) => Promise<unknown>

  /** `noteSigns` keeps it over a restart. */
  constructor(noteSigns: (routerId: number) => Promise<unknown>) {
    this.#noteSigns = noteSigns
  }

  admits(nas: Nas, request: Packet, authenticity: Authenticity): boolean {
    if (authenticity === 'forged') return false
    if (nas.overTls) return true
    if (authenticity === 'authentic') {
      if (request.code === CODE.accessRequest) this.#learn(nas)
      return true
    }
    if (request.code !== CODE.accessRequest || this.#mustSign(nas)) return false
    // The attack needs a Proxy-State to carry its collision; EAP without a signature is forbidden by RFC 3579 section 3.2.
    return !request.attributes.some(({ type }) => type === ATTRIBUTE.proxyState || type === ATTRIBUTE.eapMessage)
  }

  #learn({ routerId, hasSigned, isTest }: Nas): void {
    // Once it is on disk only the disk counts: an operator may have it forgotten.
    if (hasSigned) this.#seen.delete(routerId)
    else if (!isTest && !this.#seen.has(routerId)) {
      this.#seen.add(routerId)
      // Not kept: it is noted again with a later request.
      this.#noteSigns(routerId).catch(() => this.#seen.delete(routerId))
    }
  }

  #mustSign({ requireMessageAuthenticator: required, routerId, hasSigned }: Nas): boolean {
    return required === 'yes' || (required === 'auto' && (hasSigned === true || this.#seen.has(routerId)))
  }
}
