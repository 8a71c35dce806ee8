import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ServerBindings } from './client-address.ts'

/**
 * Pages that are given again to who asks for the very same once more: phones that look for the Internet open the first page
 * several times within a second, and all of them do so when the router has started anew.
 */
export interface KeptAnswers {
  /** False when there is none; then the app has to answer. */
  answer(request: IncomingMessage, response: ServerResponse): boolean
  /** Called before the answer is made: what it gives back keeps the answer, unless something has changed meanwhile. */
  begin(): (request: IncomingMessage, headers: Headers, body: Buffer<ArrayBuffer>) => void
}

/** So long a page may be given again: the time that it shows is a little late anyway. */
const KEPT_MS = 1_000
const MOST = 300

/**
 * INVARIANT: a kept answer shows what is in the file now (`commits`, a count of them, has not changed), and only to the address that it
 * was made for.
 */
export function openKeptAnswers(commits: () => number): KeptAnswers {
  const answers = new Map<string, { headers: string[]; body: Buffer<ArrayBuffer>; atMs: number }>()
  let atCommit = commits()

  return {
    answer(request, response) {
      if (request.method !== 'GET' || answers.size === 0) return false
      if (atCommit !== commits()) {
        answers.clear()
        return false
      }
      const kept = answers.get(keyOf(request))
      if (!kept || kept.atMs < performance.now() - KEPT_MS) return false
      response.writeHead(200, [...kept.headers, 'X-Request-Id', randomUUID()]).end(kept.body)
      return true
    },
    begin() {
      const begun = commits()
      return (request, headers, body) => {
        if (begun !== commits()) return
        if (atCommit !== begun) answers.clear()
        atCommit = begun
        const lines = [...headers].filter(([name]) => name !== 'x-request-id').flat()
        const key = keyOf(request)
        answers.delete(key)
        answers.set(key, { headers: [...lines, 'Content-Length', String(body.length)], body, atMs: performance.now() })
        const oldest = answers.size > MOST ? answers.keys().next().value : undefined
        if (oldest !== undefined) answers.delete(oldest)
      }
    },
  }
}

/** Everything of a request that decides what its page shows. */
function keyOf({ socket, url, headers }: IncomingMessage): string {
  const said = [headers.host, headers['accept-encoding'], headers['accept-language'], headers['x-forwarded-for']]
  return [socket.remoteAddress, socket.localAddress, url, ...said].join('\n')
}

/** Stands before everything that sets a header: what is kept is the whole answer, where a page says that it may be. */
export const keepAnswers = (kept: KeptAnswers) =>
  createMiddleware<{ Variables: { keepable: Buffer<ArrayBuffer> | undefined } }>(async (context, next) => {
    const keep = kept.begin()
    await next()
    const body = context.get('keepable')
    if (body) keep((context.env as ServerBindings).incoming, context.res.headers, body)
  })

/** The body of this answer would be the same for the same request, as long as nothing in the file changes. */
export const mayBeKept = (context: Context, body: Buffer<ArrayBuffer>): void => context.set('keepable', body)
