import type { LinkEnd } from './link-end.ts'

const FIRST_CEILING_MS = 4_000
const SHORTEST_MS = 1_000

/** The longest wait by what ended the last attempt. A clock that was just set right must not wait for minutes. */
const CEILING_MS: Record<LinkEnd['kind'], number> = {
  lost: 5 * 60_000,
  refused: 15 * 60_000,
  clock: 60_000,
  version: 5 * 60_000,
}

/**
 * How long to wait before the next attempt after `failures` in a row: evenly spread between 1 s and a ceiling that doubles,
 * so that a fleet that lost its broker does not come back all at once. The first connect after a boot does not wait:
 * boxes boot at their own pace, and those without an uplink yet are spread by their first failure.
 */
export function backoffMs(failures: number, kind: LinkEnd['kind'], random: () => number = Math.random): number {
  const ceiling = Math.min(CEILING_MS[kind], FIRST_CEILING_MS * 2 ** Math.min(Math.max(0, failures - 1), 20))
  return Math.round(SHORTEST_MS + random() * (ceiling - SHORTEST_MS))
}
