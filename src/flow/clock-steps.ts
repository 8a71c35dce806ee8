import type { Clock } from '../clock.ts'

const LOOK_MS = 10_000
const STEP_MS = 2_000

/**
 * Says when the wall clock was set by more than two seconds, and by how much: a box without a battery-backed clock starts
 * in the past and is put right by the network. `monotonicMs` is a clock that nobody sets. Returns how to stop watching.
 */
export function watchClockSteps(parts: {
  clock: Clock
  monotonicMs(): number
  stepped(byMs: number): void
}): () => void {
  const { clock, monotonicMs, stepped } = parts
  const ahead = () => clock.nowMs() - monotonicMs()
  let aheadMs = ahead()
  let cancel = () => {}

  function look(): void {
    const byMs = Math.round(ahead() - aheadMs)
    aheadMs += byMs
    if (Math.abs(byMs) > STEP_MS) stepped(byMs)
    cancel = clock.after(LOOK_MS, look)
  }

  cancel = clock.after(LOOK_MS, look)
  return () => cancel()
}
