import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import * as z from 'zod'
import { asError } from '../../errors.ts'
import type { JournalEntry, LiveEvent } from '../../flow/events.ts'
import { lastSeq, readJournal } from '../../flow/journal.ts'
import { outwardEntry, outwardLive } from '../../flow/outward.ts'
import { call, eventStream } from '../call.ts'
import { every } from '../every.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

const BEAT_MS = 15_000
const BATCH = 500
/** A reader that is too slow for live events loses the oldest. */
const MOST_LIVE = 200

/**
 * The journal as Server-Sent Events: from `Last-Event-ID` on, else from now. `id` is the journal's `seq`. Between its
 * entries come live events, without an id, so that `Last-Event-ID` stays the journal's.
 */
export function eventsApi({ db, facts, site, clock, log }: House, { viewer, staysIn }: Guards): Hono {
  const app = new Hono()
  const follow = call({
    does: 'The journal as Server-Sent Events: from Last-Event-ID on, else from now. The id is the journal’s `seq`; live events come between, without one.',
    headers: z.object({ 'Last-Event-ID': z.string().optional() }),
    answers: { 200: eventStream },
  })
  app.get('/api/events', viewer, follow, (c) => {
    c.header('X-Accel-Buffering', 'no')
    // Nobody reads what would follow, and so nobody would end it.
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' })
    const asked = c.var.headers['Last-Event-ID'] ?? ''
    const response = streamSSE(c, async (stream) => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>()
      stream.onAbort(end)
      // A number from before a backup was restored would be waited for in vain.
      let sentSeq = Math.min(/^\d{1,15}$/.test(asked) ? Number(asked) : Number.MAX_SAFE_INTEGER, lastSeq(db))
      let sending = false
      const send = async (entry: JournalEntry) => {
        await stream.writeSSE({
          event: entry.type,
          id: String(entry.seq),
          data: JSON.stringify(outwardEntry(entry, site.id)),
        })
        sentSeq = entry.seq
      }
      const live: { event: LiveEvent; atMs: number }[] = []
      const sendLive = async ({ event, atMs }: (typeof live)[number]) => {
        const outward = outwardLive(event, site.id, atMs)
        if (outward) await stream.writeSSE({ event: event.type, data: JSON.stringify(outward) })
      }
      /** Reads the journal rather than the news, so that a slow reader has no gap and no queue of its own. */
      const catchUp = async () => {
        if (sending) return
        sending = true
        try {
          for (let more = true; more && !stream.aborted; ) {
            const batch = readJournal(db, sentSeq, BATCH)
            for (const entry of batch) await send(entry)
            const hints = live.splice(0)
            for (const hint of hints) await sendLive(hint)
            more = batch.length + hints.length > 0
          }
        } catch (thrown) {
          log.error({ err: asError(thrown) }, 'the journal could not be read; a stream of it ends')
          end()
        }
        sending = false
      }
      const stopListening = facts.subscribe((news) => {
        if (!('seq' in news)) live.push({ event: news, atMs: clock.nowMs() })
        if (live.length > MOST_LIVE) live.shift()
        void catchUp()
      })
      const stopBeating = every(clock, BEAT_MS, () => (staysIn(c) ? void stream.write(': beat\n\n') : end()))
      await stream.write(': open\n\n')
      await catchUp()
      await ended
      stopListening()
      stopBeating()
    })
    response.headers.set('Cache-Control', 'no-store')
    return response
  })
  return app
}
