import { ATTRIBUTE, CODE } from './attributes.ts'
import type { Authenticity } from './authenticity.ts'
import type { Nas } from './nas.ts'
import type { Packet } from './packet.ts'

/** Which requests without Message-Authenticator are still taken, router by router (BlastRADIUS, CVE-2024-3596). */
export class SigningRouters {
  readonly #signing = new Set<number>()

  admits(nas: Nas, request: Packet, authenticity: Authenticity): boolean {
    if (authenticity === 'forged') return false
    if (nas.overTls) return true
    if (authenticity === 'authentic') {
      if (request.code === CODE.accessRequest) this.#signing.add(nas.routerId)
      return true
    }
    if (request.code !== CODE.accessRequest || this.#mustSign(nas)) return false
    // The attack needs a Proxy-State to carry its collision; EAP without a signature is forbidden by RFC 3579 section 3.2.
    return !request.attributes.some(({ type }) => type === ATTRIBUTE.proxyState || type === ATTRIBUTE.eapMessage)
  }

  #mustSign({ requireMessageAuthenticator: required, routerId }: Nas): boolean {
    return required === 'yes' || (required === 'auto' && this.#signing.has(routerId))
  }
}
