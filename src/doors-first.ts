import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** A third of what the threads beside it get, while all want more than there is. */
const NICER_BY = 5
const NICEST = 19

/**
 * Puts the calling thread behind those that customers and routers wait for; the others keep their place, since Linux counts
 * niceness by thread. Where that is not so or not allowed, they share as before.
 */
export function letDoorsFirst(): void {
  try {
    const threadId = Number(readlinkSync('/proc/thread-self').split('/').at(-1))
    setPriority(threadId, Math.min(NICEST, getPriority(threadId) + NICER_BY))
  } catch {
    // Not Linux, or a unit that forbids it.
  }
}
