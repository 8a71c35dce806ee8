import { existsSync } from 'node:fs'
import type { TimeHeard } from './flow/clock-evidence.ts'
import type { ClockSource } from './flow/time-trust.ts'

/** systemd-timesyncd and those who take its place say here whether the network has set the clock. */
const TIMESYNC = '/run/systemd/timesync'

export function readClockSource(directory = TIMESYNC): ClockSource {
  if (existsSync(`${directory}/synchronized`)) return 'synchronized'
  return existsSync(directory) ? 'unsynchronized' : 'unknown'
}

export const isNetworkTime = (): boolean => readClockSource() === 'synchronized'

/** How far two clocks may differ, beyond how wrong the one who tells the time may be; more is a step. */
const TOLERANCE_MS = 2_000

/** How many must agree: one alone may be wrong, or lie. */
const WITNESSES = 2

export interface Verdict {
  trusted: boolean
  reason: string
}

/**
 * Whether to believe the wall clock, and why. `lastKnownMs`: something was written down at that time. `heard`: what others say of
 * it, which counts while the network has not set it.
 *
 * INVARIANT: a clock that is behind what has happened is believed only when the network has set it.
 */
export function verdictOn(
  source: ClockSource,
  wallMs: number,
  lastKnownMs: number,
  heard: readonly TimeHeard[] = [],
): Verdict {
  if (source === 'synchronized') return { trusted: true, reason: 'the network has set the clock' }
  if (wallMs < lastKnownMs) return { trusted: false, reason: 'the clock is behind what has already happened' }
  const agree = heard.filter((each) => Math.abs(each.offsetMs) <= TOLERANCE_MS + each.errorMs)
  if (agree.length >= WITNESSES) return { trusted: true, reason: `${tellers(agree)} agree with the clock` }
  const against = contradiction(heard)
  if (against) return { trusted: false, reason: against }
  return source === 'unsynchronized'
    ? { trusted: false, reason: 'the network has not set the clock yet' }
    : { trusted: true, reason: 'the clock is not behind what has happened' }
}

/** Two who agree with one another, and not with the clock. What the cloud said may have been long on its way: it is never later. */
function contradiction(heard: readonly TimeHeard[]): string | undefined {
  const off = heard.filter(
    ({ teller, offsetMs, errorMs }) =>
      Math.abs(offsetMs) > TOLERANCE_MS + errorMs && !(teller === 'cloud' && offsetMs < 0),
  )
  const agreed = off.filter((one) =>
    off.some(
      (other) => other !== one && Math.abs(one.offsetMs - other.offsetMs) <= TOLERANCE_MS + one.errorMs + other.errorMs,
    ),
  )
  const first = agreed[0]
  if (!first) return undefined
  const seconds = Math.round(Math.abs(first.offsetMs) / 1000)
  return `${tellers(agreed)} say that the clock is ${seconds} s ${first.offsetMs > 0 ? 'behind' : 'ahead'}`
}

const names = { router: 'the router', cloud: 'the cloud', http: 'M-PESA' }
const tellers = (heard: readonly TimeHeard[]) => heard.map(({ teller }) => names[teller]).join(' and ')
