import { createHistogram } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'
import { type GaugeBoard, setGauges } from './gauges.ts'

const PERIOD_MS = 60_000
/** A microsecond to a minute, to two digits; the default takes a third of a megabyte. */
const RANGE_NS = { lowest: 1_000, highest: 60e9, figures: 2 }

/** How long the disk takes to promise something, over the last minute: the write and the sync of each commit. */
export function openCommitTimes(board: GaugeBoard, clock: Clock): { note(ms: number): void; stop(): void } {
  const times = createHistogram(RANGE_NS)
  let cancel = () => {}
  const inMs = (percentile: number) => (times.count === 0 ? null : times.percentile(percentile) / 1e6)
  const report = () => {
    setGauges(board, { commitP50Ms: inMs(50), commitP99Ms: inMs(99) })
    times.reset()
    cancel = clock.after(PERIOD_MS, report)
  }
  cancel = clock.after(PERIOD_MS, report)
  return {
    note: (ms) => times.record(Math.min(RANGE_NS.highest, Math.max(RANGE_NS.lowest, Math.round(ms * 1e6)))),
    stop: () => cancel(),
  }
}
