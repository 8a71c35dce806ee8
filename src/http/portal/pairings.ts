import type { Clock } from '../../clock.ts'
import { READABLE, randomCode } from '../../random-code.ts'

/** A device that waits to be helped online. */
export interface Waiting {
  macAddress: string
  routerId: number | undefined
}

/**
 * Short codes for devices that wait, so that they can be typed. Whoever guesses one could only give something to a
 * device; memory is enough, for a page that finds its code gone shows a new one.
 */
export interface Pairings {
  /** The same for the same device, as long as it is good. */
  codeOf(device: Waiting): string
  find(code: string): Waiting | undefined
}

const GOOD_FOR_MS = 30 * 60_000
const MOST = 1_000

export function openPairings(clock: Clock): Pairings {
  const byCode = new Map<string, Waiting & { atMs: number }>()
  const isGood = ({ atMs }: { atMs: number }) => atMs > clock.nowMs() - GOOD_FOR_MS
  return {
    codeOf(device) {
      for (const [code, known] of byCode) {
        if (known.macAddress === device.macAddress && isGood(known)) return code
      }
      const code = randomCode(6, READABLE)
      byCode.set(code, { ...device, atMs: clock.nowMs() })
      const oldest = byCode.size > MOST ? byCode.keys().next().value : undefined
      if (oldest !== undefined) byCode.delete(oldest)
      return code
    },
    find(code) {
      const found = byCode.get(code.toUpperCase())
      return found && isGood(found) ? found : undefined
    },
  }
}
