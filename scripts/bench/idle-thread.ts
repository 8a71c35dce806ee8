import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

/** As in the daemon's `/metrics`. */
const SAMPLE_MS = 10

/** A thread that does nothing but look at the clock: what its loop is late by is the machine's doing, not the daemon's. */
export interface IdleThread {
  /** The p99 delay of its event loop in ms since the last time it was asked. */
  p99Ms(): Promise<number>
  close(): Promise<unknown>
}

/** It has the priority of the thread that opens it, at that moment. */
export async function openIdleThread(): Promise<IdleThread> {
  const thread = new Worker(new URL(import.meta.url))
  await once(thread, 'online')
  return {
    async p99Ms() {
      const answer = once(thread, 'message')
      thread.postMessage('how late')
      return (await answer)[0] as number
    },
    close: () => thread.terminate(),
  }
}

if (!isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS })
  delay.enable()
  parentPort?.on('message', () => {
    // The monitor's samples are the times between its ticks: what is longer than a tick is delay.
    parentPort?.postMessage(Math.max(0, delay.percentile(99) / 1e6 - SAMPLE_MS))
    delay.reset()
  })
}
