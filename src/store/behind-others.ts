import { setPriority } from 'node:os'

/** Lets everybody else have the processor first. Where the service may not even that, its work takes what it takes. */
export function goBehindOthers(): void {
  try {
    setPriority(19)
  } catch {
    // SystemCallFilter of a unit that was installed before.
  }
}
