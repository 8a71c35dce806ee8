import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { JournalEntry } from '../../flow/events.ts'
import { lastSeq, readJournal } from '../../flow/journal.ts'
import { outwardEntry } from '../../flow/outward.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

const BEAT_MS = 15_000
const BATCH = 500

/** The journal as Server-Sent Events: from `Last-Event-ID` on, else from now. `id` is the journal's `seq`. */
export function eventsApi({ db, facts, site }: House, { viewer }: Guards): Hono {
  const app = new Hono()
  app.get('/api/events', viewer, (c) => {
    c.header('Cache-Control', 'no-store')
    c.header('X-Accel-Buffering', 'no')
    const asked = c.req.header('last-event-id') ?? ''
    return streamSSE(c, async (stream) => {
      let sentSeq = /^\d{1,15}$/.test(asked) ? Number(asked) : lastSeq(db)
      let sending = false
      const send = async (entry: JournalEntry) => {
        await stream.writeSSE({
          event: entry.type,
          id: String(entry.seq),
          data: JSON.stringify(outwardEntry(entry, site.id)),
        })
        sentSeq = entry.seq
      }
      /** Reads the journal rather than the news, so that a slow reader has no gap and no queue of its own. */
      const catchUp = async () => {
        if (sending) return
        sending = true
        for (let batch = readJournal(db, sentSeq, BATCH); batch.length > 0 && !stream.aborted; ) {
          for (const entry of batch) await send(entry)
          batch = readJournal(db, sentSeq, BATCH)
        }
        sending = false
      }
      const stopListening = facts.subscribe(() => void catchUp())
      const beat = setInterval(() => void stream.write(': beat\n\n'), BEAT_MS)
      await stream.write(': open\n\n')
      await catchUp()
      await new Promise<void>((resolve) => stream.onAbort(resolve))
      stopListening()
      clearInterval(beat)
    })
  })
  return app
}
