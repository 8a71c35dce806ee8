import { setTimeout } from 'node:timers/promises'

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

/** The worst p99 of all parts of at most 5 s, from before the work begins until it is done, and what the work resolves to. */
export async function withWorstEventLoopP99<T>(
  { port, token }: { port: number; token: string },
  work: () => Promise<T>,
): Promise<{ done: T; loopMs: number }> {
  await eventLoopP99Ms(port, token)
  let isOver = false
  let loopMs = 0
  const working = work()
  const setOver = () => {
    isOver = true
  }
  const over = working.then(setOver, setOver)
  do {
    await setTimeout(LEAST_SAMPLE_MS)
    await Promise.race([setTimeout(SAMPLE_MS - LEAST_SAMPLE_MS), over])
    loopMs = Math.max(loopMs, await eventLoopP99Ms(port, token))
  } while (!isOver)
  return { done: await working, loopMs }
}
