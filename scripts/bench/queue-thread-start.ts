import type { MessagePort } from 'node:worker_threads'

/** What the threads of the measured queue are started with. `counts`: started, ended; `times`: the last start, ms. */
export interface QueueThreadStart {
  databaseFile: string
  local: boolean
  counts: Int32Array
  times: Float64Array
  port: MessagePort
}

export const STARTED = 0
export const ENDED = 1
