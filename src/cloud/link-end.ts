/** Why a link ended, as far as it decides when to try again. */
export interface LinkEnd {
  /**
   * `refused`: the broker does not want us, so it will not the next second either. `clock`: a certificate's dates do not fit
   * our clock, which on a box without a battery is the clock's fault first. `version`: it does not speak this MQTT.
   */
  kind: 'lost' | 'refused' | 'clock' | 'version'
  reason: string
}

/** Return codes of MQTT 3.1.1 (1-5) and reason codes of MQTT 5 (128-) in a CONNACK. */
const UNACCEPTABLE_VERSION = new Set([1, 132])
const REFUSALS = new Set([2, 4, 5, 133, 134, 135, 138, 140])
const CERTIFICATE_DATES = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'])

export const lost = (reason: string): LinkEnd => ({ kind: 'lost', reason })

/** From what MQTT.js or the socket threw; `code` is a reason code or a system's code. */
export function linkEndOf(error: Error & { code?: unknown }): LinkEnd {
  const { code, message } = error
  return { kind: kindOf(code), reason: message || String(code ?? error.name) }
}

function kindOf(code: unknown): LinkEnd['kind'] {
  if (typeof code === 'number') {
    if (UNACCEPTABLE_VERSION.has(code)) return 'version'
    return REFUSALS.has(code) ? 'refused' : 'lost'
  }
  if (typeof code !== 'string') return 'lost'
  if (CERTIFICATE_DATES.has(code)) return 'clock'
  // The broker's word on our certificate comes as a TLS alert.
  return /^ERR_SSL_.*ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(code) ? 'refused' : 'lost'
}
