import { createHistogram } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'
import { type GaugeBoard, setGauges } from './gauges.ts'

const PERIOD_MS = 60_000

/** How long the disk takes to promise something, over the last minute: the write and the sync of each commit. */
export function openCommitTimes(board: GaugeBoard, clock: Clock): { note(ms: number): void; stop(): void } {
  const times = createHistogram()
  let cancel = () => {}
  const inMs = (percentile: number) => (times.count === 0 ? null : times.percentile(percentile) / 1e6)
  const report = () => {
    setGauges(board, { commitP50Ms: inMs(50), commitP99Ms: inMs(99) })
    times.reset()
    cancel = clock.after(PERIOD_MS, report)
  }
  cancel = clock.after(PERIOD_MS, report)
  return {
    note: (ms) => times.record(Math.max(1, Math.round(ms * 1e6))),
    stop: () => cancel(),
  }
}
