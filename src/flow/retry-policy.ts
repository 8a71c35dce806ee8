const HOUR_MS = 3_600_000

/** Wait before the next try after `attempt` tries have failed (1 = the first): the job's own list, or 10 s x 4 per try up to an hour; +-25 %. */
export function retryDelayMs(attempt: number, backoffMs: readonly number[] | undefined, random = Math.random): number {
  const base = backoffMs?.[Math.min(attempt, backoffMs.length) - 1] ?? Math.min(HOUR_MS, 10_000 * 4 ** (attempt - 1))
  return Math.round(base * (0.75 + random() * 0.5))
}

/** So often a run may be lost before its job counts as one that takes its thread along. */
const MOST_CHANCES = 2

/** Wait after a run was lost to a crash or a power cut, for the n-th time: a job and its neighbours, which went down with it, come back apart. */
export function rescueDelayMs(rescues: number, random = Math.random): number {
  return rescues <= MOST_CHANCES ? 0 : Math.round(offlineDelayMs(rescues) * (0.75 + random() * 0.5))
}

/** Wait after the n-th time in a row that the far end could not be reached: 2 s, 4 s, ... 60 s. */
export function offlineDelayMs(offlines: number): number {
  return Math.min(60_000, 2_000 * 2 ** Math.max(0, offlines - 1))
}
