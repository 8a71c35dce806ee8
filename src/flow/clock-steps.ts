import type { Clock } from '../clock.ts'

const LOOK_MS = 10_000
const STEP_MS = 2_000

/**
 * Says when the wall clock was set by more than two seconds, and by how much: a box without a battery-backed clock starts
 * in the past and is put right by the network. `monotonicMs` is a clock that nobody sets. A step that `stepped` could not
 * take (false) is told again, with what was added meanwhile. Returns how to stop watching.
 */
export function watchClockSteps(parts: {
  clock: Clock
  monotonicMs(): number
  stepped(byMs: number): Promise<boolean>
}): () => void {
  const { clock, monotonicMs, stepped } = parts
  const ahead = () => clock.nowMs() - monotonicMs()
  let aheadMs = ahead()
  let stopped = false
  let cancel = () => {}

  async function look(): Promise<void> {
    const byMs = Math.round(ahead() - aheadMs)
    if (Math.abs(byMs) <= STEP_MS || (await stepped(byMs))) aheadMs += byMs
    if (!stopped) cancel = clock.after(LOOK_MS, look)
  }

  cancel = clock.after(LOOK_MS, look)
  return () => {
    stopped = true
    cancel()
  }
}
