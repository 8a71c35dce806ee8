import { gzipSync } from 'node:zlib'
import type { JournalEntry } from '../flow/events.ts'
import { outwardEntry } from '../flow/outward.ts'

export interface Batch {
  firstSeq: number
  lastSeq: number
  payload: Buffer
}

interface BatchFrame {
  siteId: string
  epoch: string
  /** A batch of one entry may be larger: it cannot be made smaller. */
  maximumBytes: number
}

const GZIP_OVER_BYTES = 4 * 1024
/** Level 3 costs 2 us an entry; higher levels cost more than the line saves. */
const GZIP = { level: 3 }

/** The longest run from the first entry on that fits, as the `events` topic carries it; undefined when there is no entry. */
export function packBatch(entries: readonly JournalEntry[], frame: BatchFrame): Batch | undefined {
  const first = entries[0]
  const last = entries.at(-1)
  if (!first || !last) return undefined
  const text = JSON.stringify({
    schema: 1,
    site: frame.siteId,
    epoch: frame.epoch,
    first_seq: first.seq,
    last_seq: last.seq,
    events: entries.map((entry) => outwardEntry(entry, frame.siteId)),
  })
  const plain = Buffer.from(text)
  const payload = plain.length > GZIP_OVER_BYTES ? gzipSync(plain, GZIP) : plain
  if (payload.length > frame.maximumBytes && entries.length > 1) {
    return packBatch(entries.slice(0, entries.length >> 1), frame)
  }
  return { firstSeq: first.seq, lastSeq: last.seq, payload }
}
