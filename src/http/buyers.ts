import type { Clock } from '../clock.ts'

/** From which network address a purchase was asked for: who asks again from there may follow it. */
export interface Buyers {
  remember(paymentId: string, address: string): void
  isFrom(paymentId: string, address: string): boolean
}

/** Longer than any prompt lives. Memory is enough: after a restart the page's own key still leads to its purchase. */
const KEPT_MS = 10 * 60_000
const MOST = 10_000

export function openBuyers(clock: Clock): Buyers {
  const buyers = new Map<string, { address: string; atMs: number }>()
  return {
    remember(paymentId, address) {
      buyers.set(paymentId, { address, atMs: clock.nowMs() })
      const oldest = buyers.size > MOST ? buyers.keys().next().value : undefined
      if (oldest !== undefined) buyers.delete(oldest)
    },
    isFrom(paymentId, address) {
      const buyer = buyers.get(paymentId)
      return buyer !== undefined && buyer.address === address && buyer.atMs > clock.nowMs() - KEPT_MS
    },
  }
}
