/** What a subject's process is started for. The time is spent at most, for each part of it. */
export type QueueWork =
  | { kind: 'throughput'; jobs: number; budgetMs: number }
  | { kind: 'pick-up'; times: number; budgetMs: number }

export type QueueFigures =
  | {
      kind: 'throughput'
      enqueueSinglePerSecond: number
      enqueueSingleMs: number[]
      enqueuePerSecond: number
      enqueueMs: number[]
      jobsPerSecond: number
      /** Of the process that enqueues and works, not of its server. */
      cpuUsPerJob: number
    }
  | { kind: 'pick-up'; pickUpMs: number[] }
