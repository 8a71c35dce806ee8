import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Clock } from '../clock.ts'
import { type GaugeBoard, setGauges } from './gauges.ts'

const SAMPLE_MS = 10
/** As often as somebody reports it. */
const PERIOD_MS = 60_000

/** How long this thread keeps others waiting, over the last minute. Returns how to stop. */
export function watchLoop(board: GaugeBoard, clock: Clock): () => void {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS })
  // The monitor's samples are the times between its ticks: what is longer than a tick is delay.
  const overTick = (percentile: number) => Math.max(0, delay.percentile(percentile) / 1e6 - SAMPLE_MS)
  let cancel = () => {}
  const report = () => {
    setGauges(board, { loopDelayP50Ms: overTick(50), loopDelayP99Ms: overTick(99) })
    delay.reset()
    cancel = clock.after(PERIOD_MS, report)
  }
  delay.enable()
  cancel = clock.after(PERIOD_MS, report)
  return () => {
    cancel()
    delay.disable()
  }
}
