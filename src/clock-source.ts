import { existsSync } from 'node:fs'
import type { ClockSource } from './flow/time-trust.ts'

/** systemd-timesyncd and those who take its place say here whether the network has set the clock. */
const TIMESYNC = '/run/systemd/timesync'

export function readClockSource(directory = TIMESYNC): ClockSource {
  if (existsSync(`${directory}/synchronized`)) return 'synchronized'
  return existsSync(directory) ? 'unsynchronized' : 'unknown'
}

/** Whether to believe the wall clock, and why. `lastKnownMs`: something was written down at that time. */
export function verdictOn(
  source: ClockSource,
  wallMs: number,
  lastKnownMs: number,
): { trusted: boolean; reason: string } {
  if (source === 'synchronized') return { trusted: true, reason: 'the network has set the clock' }
  if (wallMs < lastKnownMs) return { trusted: false, reason: 'the clock is behind what has already happened' }
  return source === 'unsynchronized'
    ? { trusted: false, reason: 'the network has not set the clock yet' }
    : { trusted: true, reason: 'the clock is not behind what has happened' }
}
