import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import { asError } from '../errors.ts'
import type { News } from '../flow/facts.ts'
import { lastSeq } from '../flow/journal.ts'
import { every } from './every.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

/** Proxies and phones drop what is silent for longer. */
const BEAT_MS = 15_000

/** A page has one; a few of the same are a reload, or a page open twice. */
const MOST_OF_ONE = 10

/** For programs; a browser whose stream is refused does not come back, and its page asks every 2.5 s instead. */
const RETRY_AFTER_SECONDS = 30

interface Followed {
  /** What is followed: there are only so many streams of one thing. */
  subject: string
  isAbout(news: News): boolean
  read(): object | undefined
}

export type StatusStreams = (context: Context, followed: Followed) => Response

/** Streams of what customers follow, no more at once than this box should hold open. */
export function openStatusStreams(house: House): StatusStreams {
  const open = new Map<string, number>()
  let all = 0
  const take = (subject: string, by: 1 | -1) => {
    all += by
    const now = (open.get(subject) ?? 0) + by
    if (now > 0) open.set(subject, now)
    else open.delete(subject)
  }
  return (context, followed) => {
    const { subject } = followed
    if (all >= house.config.http.max_streams || (open.get(subject) ?? 0) >= MOST_OF_ONE) {
      context.header('Retry-After', String(RETRY_AFTER_SECONDS))
      throw problem(503, 'too-many-streams', 'Too many are told of changes already. Ask for the status now and then.')
    }
    // Nobody reads what would follow, and so nobody would end it.
    if (context.req.method === 'HEAD') return context.body(null, 200, { 'Content-Type': 'text/event-stream' })
    take(subject, 1)
    return streamStatus(house, context, followed, () => take(subject, -1))
  }
}

/**
 * A status as Server-Sent Events, `event: status`, whenever it has changed. It goes out whole each time, so a reader that
 * comes back with a `Last-Event-ID` misses nothing whatever the id says; ids are journal numbers.
 */
function streamStatus(
  { db, facts, clock, log }: House,
  context: Context,
  { isAbout, read }: Followed,
  atEnd: () => void,
): Response {
  context.header('X-Accel-Buffering', 'no')
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
    atEnd()
  })
  // It holds the credentials.
  response.headers.set('Cache-Control', 'no-store')
  return response
}

/** Numbers that only count down are no change. */
const withoutCountdown = (key: string, value: unknown) => (key === 'retry_after_s' ? undefined : value)
