import { flushCompileCache } from 'node:module'
import { performance } from 'node:perf_hooks'

/** By then the jobs that a start brings are done too. */
const SETTLED_MS = 10_000
/** A thread that works more than this collects its garbage by itself, and a pause would be felt. */
const QUIET_UTILIZATION = 0.02

/**
 * Every thread calls it once. A start leaves megabytes of garbage in each thread's heap, which would only go when there is
 * work again; and the code that it compiled is kept on disk now, since a box that loses its power never ends by itself.
 * Both need what `scripts/mlango` sets: `--expose-gc` and `NODE_COMPILE_CACHE`.
 */
export function tidyAfterStart(): void {
  const startUp = performance.eventLoopUtilization()
  setTimeout(() => {
    flushCompileCache()
    collectWhenQuiet(performance.eventLoopUtilization(startUp))
  }, SETTLED_MS).unref()
}

function collectWhenQuiet({ utilization }: { utilization: number }): void {
  if (utilization < QUIET_UTILIZATION) {
    globalThis.gc?.({ type: 'major', flavor: 'last-resort' })
    return
  }
  const before = performance.eventLoopUtilization()
  setTimeout(() => collectWhenQuiet(performance.eventLoopUtilization(before)), SETTLED_MS).unref()
}
