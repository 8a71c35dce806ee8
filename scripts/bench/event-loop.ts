import { setTimeout } from 'node:timers/promises'
import type { IdleThread } from './idle-thread.ts'

/** The p99 delay of the main thread's event loop in ms since the last time it was asked, by `/metrics`; NaN the first time. */
export async function eventLoopP99Ms(port: number, token: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Authorization: `Bearer ${token}` } })
  const text = await answer.text()
  const seconds = /^mlango_event_loop_delay_seconds\{quantile="0\.99"\} (\S+)$/m.exec(text)?.[1]
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`)
  return Number(seconds) * 1000
}

const SAMPLE_MS = 5_000
/** Of less than this a p99 is but the one longest tick. */
const LEAST_SAMPLE_MS = 1_000

export interface LoopDelay {
  /** The worst p99 of the daemon's main thread, and that of a thread that does nothing in the same seconds. */
  p99Ms: number
  idleP99Ms: number
  /** By how much the one was later than the other, at the worst. */
  overMs: number
}

/** Of all parts of at most 5 s, from before the work begins until it is done, and what the work resolves to. */
export async function withWorstEventLoopP99<T>(
  { port, token }: { port: number; token: string },
  idle: IdleThread,
  work: () => Promise<T>,
): Promise<{ done: T; loop: LoopDelay }> {
  const look = () => Promise.all([eventLoopP99Ms(port, token), idle.p99Ms()])
  await look()
  let isOver = false
  let loop: LoopDelay = { p99Ms: 0, idleP99Ms: 0, overMs: 0 }
  const working = work()
  const setOver = () => {
    isOver = true
  }
  const over = working.then(setOver, setOver)
  do {
    await setTimeout(LEAST_SAMPLE_MS)
    await Promise.race([setTimeout(SAMPLE_MS - LEAST_SAMPLE_MS), over])
    const [p99Ms, idleP99Ms] = await look()
    const overMs = Math.max(loop.overMs, p99Ms - idleP99Ms)
    loop = p99Ms > loop.p99Ms ? { p99Ms, idleP99Ms, overMs } : { ...loop, overMs }
  } while (!isOver)
  return { done: await working, loop }
}
