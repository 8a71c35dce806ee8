import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { JournalEntry } from '../flow/events.ts'
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
  { isAbout, read }: { isAbout(entry: JournalEntry): boolean; read(): object | undefined },
): Response {
  context.header('Cache-Control', 'no-store')
  context.header('X-Accel-Buffering', 'no')
  return streamSSE(context, async (stream) => {
    let ended = () => {}
    const open = new Promise<void>((resolve) => {
      ended = resolve
    })
    const send = async (seq: number) => {
      const status = read()
      if (status) await stream.writeSSE({ event: 'status', id: String(seq), data: JSON.stringify(status) })
    }
    const stopListening = facts.subscribe((entry) => {
      if (isAbout(entry)) void send(entry.seq)
    })
    const beat = setInterval(() => void stream.write(': beat\n\n'), BEAT_MS)
    stream.onAbort(ended)
    await send(lastSeq(db))
    await open
    stopListening()
    clearInterval(beat)
  })
}
