import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { News } from '../flow/facts.ts'
import { lastSeq } from '../flow/journal.ts'
import type { House } from './house.ts'

/** Proxies and phones drop what is silent for longer. */
const BEAT_MS = 15_000

/**
 * A status as Server-Sent Events, `event: status`. It goes out whole each time, so a reader that comes back with a
 * `Last-Event-ID` misses nothing whatever the id says; ids are journal numbers.
 */
export function streamStatus(
  { db, facts }: House,
  context: Context,
  { isAbout, read }: { isAbout(news: News): boolean; read(): object | undefined },
): Response {
  context.header('Cache-Control', 'no-store')
  context.header('X-Accel-Buffering', 'no')
  return streamSSE(context, async (stream) => {
    let ended = () => {}
    const open = new Promise<void>((resolve) => {
      ended = resolve
    })
    let shown = ''
    const send = async () => {
      const data = JSON.stringify(read())
      if (data === undefined || data === shown) return
      shown = data
      await stream.writeSSE({ event: 'status', id: String(lastSeq(db)), data })
    }
    const stopListening = facts.subscribe((news) => {
      if (isAbout(news)) void send()
    })
    const beat = setInterval(() => void stream.write(': beat\n\n'), BEAT_MS)
    stream.onAbort(ended)
    await send()
    await open
    stopListening()
    clearInterval(beat)
  })
}
