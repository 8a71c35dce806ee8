import type { GrantRow } from '../access/grant-table.ts'
import type { GrantTerms } from '../access/network-terms.ts'

/**
 * Mikrotik-Rate-Limit: `rx/tx [burst rx/tx, threshold rx/tx, time rx/tx]` in the router's view, so the customer's upload
 * comes first. 0 = no limit in that direction. Undefined when there is nothing to say.
 */
export function rateLimitText(
  grant: Pick<GrantRow, 'usedBytes' | 'upKbps' | 'downKbps'>,
  terms: GrantTerms | undefined,
): string | undefined {
  if (terms?.fairUseBytes != null && grant.usedBytes >= terms.fairUseBytes) {
    return pair(terms.fairUseUpKbps ?? grant.upKbps, terms.fairUseDownKbps ?? grant.downKbps)
  }
  const { upKbps, downKbps } = grant
  if (upKbps === null && downKbps === null) return undefined
  const limit = pair(upKbps, downKbps)
  if (!terms?.burstSeconds || (terms.burstUpKbps === null && terms.burstDownKbps === null)) return limit
  const burstUp = Math.max(terms.burstUpKbps ?? 0, upKbps ?? 0)
  const burstDown = Math.max(terms.burstDownKbps ?? 0, downKbps ?? 0)
  const times = `${window(terms.burstSeconds, burstUp, upKbps)}/${window(terms.burstSeconds, burstDown, downKbps)}`
  return `${limit} ${pair(burstUp, burstDown)} ${limit} ${times}`
}

/** RouterOS bursts until the average over a window reaches the threshold: window = burst time x burst speed / threshold. */
const window = (burstSeconds: number, burstKbps: number, kbps: number | null): number =>
  kbps === null ? burstSeconds : Math.ceil((burstSeconds * burstKbps) / kbps)

const pair = (upKbps: number | null, downKbps: number | null) => `${upKbps ?? 0}k/${downKbps ?? 0}k`
