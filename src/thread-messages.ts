import type { MessagePort } from 'node:worker_threads'
import type { Config } from './config.ts'
import type { ClaimedJob } from './flow/claims.ts'
import type { News } from './flow/facts.ts'
import type { PoolName } from './flow/queues.ts'
import type { GaugeBoard } from './metrics/gauges.ts'
import type { StoreAlarm } from './store/alarm.ts'
import type { Fence } from './store/protocol.ts'
import type { CommitCount } from './store/shared-reads.ts'
import type { Site } from './store/site.ts'

/** What the store thread is started with. */
export interface StoreThreadStart {
  databaseFile: string
  backupDirectory: string
  configuredSiteId: string | undefined
  logLevel: string
  gauges: GaugeBoard
  /** Counted up by this thread. */
  commits: CommitCount
}

/** main -> store, beside commands. */
export type ToStore =
  | { kind: 'connect'; port: MessagePort }
  | { kind: 'slots'; slots: Record<PoolName, number> }
  /** Undefined: there is no cloud for which the journal is kept. */
  | { kind: 'backlog'; maxBytes: number | undefined }
  | { kind: 'stop' }

/** store -> main, beside replies. */
export type FromStore =
  | {
      kind: 'ready'
      boot: number
      site: Omit<Site, 'tokenKey'> & { tokenKey: Uint8Array }
      rescued: number
      /** It cannot be earlier than this. */
      knownMs: number
    }
  | { kind: 'facts'; news: News[] }
  /** All that hold now. */
  | { kind: 'alarms'; alarms: StoreAlarm[] }
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'stopped' }

/** store -> work, beside replies. */
export type StoreToWork = { kind: 'jobs'; jobs: ClaimedJob[] } | { kind: 'cancel'; runs: Fence[] }

/** What the work thread works with. */
export interface WorkThreadStart {
  databaseFile: string
  config: Config
  gauges: GaugeBoard
  commits: CommitCount
  workers: Record<PoolName, number>
  store: MessagePort
}

/** main -> work. */
export type ToWork = { kind: 'start'; start: WorkThreadStart } | { kind: 'stop'; withinMs: number }

/** work -> main. */
export type FromWork = { kind: 'ready' } | { kind: 'stopped' }
