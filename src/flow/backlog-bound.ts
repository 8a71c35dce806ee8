import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { StoreAlarm } from '../store/alarm.ts'
import { type Db, sql } from '../store/database.ts'
import { readCloudCursor } from './cloud-cursor.ts'
import type { EventType } from './events.ts'
import { lastSeq } from './journal.ts'

/** The bound on what the journal keeps for a cloud that is out of reach. */
export interface BacklogBound {
  /** Undefined: there is no cloud, and no bound. */
  set(maxBytes: number | undefined): void
  /** Such a fact is not written down for now; what follows from it happens all the same. */
  leavesOut(type: EventType): boolean
  readonly alarm: StoreAlarm | undefined
  stop(): void
}

/**
 * Facts that say how something goes on, and that a later one of their kind makes old: a session's last use stands in
 * `session.stopped`. Nothing about money, access or work is among them; those are written down for as long as there is disk.
 */
const PASSING: ReadonlySet<EventType> = new Set<EventType>([
  'usage.recorded',
  'router.status_updated',
  'router.provisioning_progress',
  'access_point.status_updated',
  'vpn.status_updated',
  'log_rotation.completed',
])

const LOOK_MS = 60_000
/** What a row takes beside its data: id, its index, numbers. */
const ROW_BYTES = 130
const SAMPLE = 200

/** Looks once a minute how much waits for the cloud. */
export function openBacklogBound({ db, clock, log, changed }: { db: Db; clock: Clock; log: Log; changed(): void }) {
  let maxBytes: number | undefined
  let isOver = false
  let cancel = () => {}

  function look(): void {
    cancel = clock.after(LOOK_MS, look)
    try {
      const bytes = maxBytes === undefined ? 0 : backlogBytes(db)
      const now = maxBytes !== undefined && bytes >= maxBytes
      if (now === isOver) return
      isOver = now
      if (now) log.error({ bytes, maxBytes }, 'more waits for the cloud than [cloud] max_backlog_mb allows')
      else log.info({ bytes }, 'what waits for the cloud is within its bound again')
      changed()
    } catch (thrown) {
      log.error({ err: asError(thrown) }, 'nobody knows how much waits for the cloud')
    }
  }

  return {
    set(bytes) {
      maxBytes = bytes
      cancel()
      look()
    },
    leavesOut: (type) => isOver && PASSING.has(type),
    get alarm() {
      return isOver ? overBound : undefined
    },
    stop: () => cancel(),
  } satisfies BacklogBound
}

const overBound: StoreAlarm = {
  code: 'cloud-backlog',
  message:
    'The cloud has been out of reach for so long that the journal has reached [cloud] max_backlog_mb. Facts about money, access and work are still kept for it; usage and states of devices are not. Bring the uplink back, or raise the bound.',
  storing: true,
}

/** How much of the file the entries take that the cloud does not have: their number, at the size of the newest. */
function backlogBytes(db: Db): number {
  const meanDataBytes = sql(
    db,
    `SELECT coalesce(avg(length(CAST(data AS BLOB))), 0) FROM (SELECT data FROM journal ORDER BY seq DESC LIMIT ${SAMPLE})`,
  )
    .pluck()
    .get() as number
  return Math.max(0, lastSeq(db) - readCloudCursor(db)) * (ROW_BYTES + meanDataBytes)
}
