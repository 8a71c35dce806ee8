import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { asError } from '../errors.ts'
import type { News } from '../flow/facts.ts'
import { lastSeq } from '../flow/journal.ts'
import { every } from './every.ts'
import type { House } from './house.ts'

/** Proxies and phones drop what is silent for longer. */
const BEAT_MS = 15_000

/**
 * A status as Server-Sent Events, `event: status`, whenever it has changed. It goes out whole each time, so a reader that
 * comes back with a `Last-Event-ID` misses nothing whatever the id says; ids are journal numbers.
 */
export function streamStatus(
  { db, facts, clock, log }: House,
  context: Context,
  { isAbout, read }: { isAbout(news: News): boolean; read(): object | undefined },
): Response {
  context.header('X-Accel-Buffering', 'no')
  // Nobody reads what would follow, and so nobody would end it.
  if (context.req.method === 'HEAD') return context.body(null, 200, { 'Content-Type': 'text/event-stream' })
  const response = streamSSE(context, async (stream) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    stream.onAbort(end)
    let shown: string | undefined
    /** A reader whose stream ends comes back by itself. */
    const tell = async () => {
      try {
        const status = read()
        const seen = JSON.stringify(status, withoutCountdown)
        if (!status || seen === shown) return
        shown = seen
        await stream.writeSSE({ event: 'status', id: String(lastSeq(db)), data: JSON.stringify(status) })
      } catch (thrown) {
        log.error({ err: asError(thrown) }, 'a status could not be read; its stream ends')
        end()
      }
    }
    const stops = [
      facts.subscribe((news) => {
        if (isAbout(news)) void tell()
      }),
      every(clock, BEAT_MS, () => void stream.write(': beat\n\n')),
    ]
    await tell()
    await ended
    for (const stop of stops) stop()
  })
  // It holds the credentials.
  response.headers.set('Cache-Control', 'no-store')
  return response
}

/** What only counts down is no change. */
const withoutCountdown = (key: string, value: unknown) => (key === 'retry_after_s' ? undefined : value)
