import type { Clock } from '../clock.ts'

/** A cut shorter than this is no outage; a link that comes and goes must not fill the journal. */
const OUTAGE_MS = 10_000

/** Tells of the link only what is worth a journal entry: that it is up, and that it has been gone for a while. */
export function openLinkNews(clock: Clock, tell: (connected: boolean) => void) {
  let told = false
  let cancelTimer = () => {}
  return {
    up() {
      cancelTimer()
      if (told) return
      told = true
      tell(true)
    },
    down() {
      cancelTimer()
      if (!told) return
      cancelTimer = clock.after(OUTAGE_MS, () => {
        told = false
        tell(false)
      })
    },
    stop: () => cancelTimer(),
  }
}
