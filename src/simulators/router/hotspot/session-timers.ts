import type { Clock } from '../../../clock.ts'

/** Keeps a session's time: `onTimeUp` once at `endsAtMs`, `onInterim` every `interimMs` (0 = never). Returns what cancels both. */
export function runSessionTimers(timers: {
  clock: Clock
  endsAtMs: number | undefined
  onTimeUp: () => void
  interimMs: number
  onInterim: () => void
}): () => void {
  const { clock, endsAtMs, interimMs } = timers
  const cancelEnd = endsAtMs === undefined ? () => {} : callAt(clock, endsAtMs, timers.onTimeUp)
  let cancelInterim = () => {}
  const nextInterim = (atMs: number) => {
    cancelInterim = callAt(clock, atMs, () => {
      timers.onInterim()
      nextInterim(atMs + interimMs)
    })
  }
  if (interimMs > 0) nextInterim(clock.nowMs() + interimMs)
  return () => {
    cancelEnd()
    cancelInterim()
  }
}

/** A clock may cut a long wait short, so look again at each wake-up. Never calls before it has returned. */
function callAt(clock: Clock, atMs: number, callback: () => void): () => void {
  let cancel = () => {}
  const wait = () => {
    cancel = clock.after(Math.max(0, atMs - clock.nowMs()), () => {
      if (clock.nowMs() >= atMs) callback()
      else wait()
    })
  }
  wait()
  return () => cancel()
}
