import type { Log } from '../log.ts'
import type { Db } from '../store/database.ts'
import type { JobKinds } from './job-kinds.ts'
import type { JobRow } from './job-table.ts'

/** What the parts of the queue share. */
export interface QueueParts {
  db: Db
  kinds: JobKinds
  /** The number of this start of the daemon: runs that it owns are ours. */
  boot: number
  nowMs: () => number
  /** A job went to the failed ones. */
  failed: (job: JobRow, reason: string) => void
  log: Log
}
