import type { Clock } from '../clock.ts'

/** Acts again and again, `periodMs` apart, until the returned function is called. */
export function every(clock: Clock, periodMs: number, act: () => void): () => void {
  let cancel = () => {}
  const arm = () => {
    cancel = clock.after(periodMs, () => {
      arm()
      act()
    })
  }
  arm()
  return () => cancel()
}
