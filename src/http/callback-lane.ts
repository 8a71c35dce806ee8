import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { senderOf } from './client-address.ts'
import type { House } from './house.ts'
import type { Shortcut } from './http-door.ts'
import type { Callbacks } from './mpesa-callback.ts'
import { PROBLEM_TYPE, problemOf, problemText } from './problem.ts'
import { MOST_BYTES } from './read-body.ts'
import { SECURITY_HEADERS } from './security-headers.ts'

const ADDRESS = /^\/api\/mpesa\/callback\/([\w-]+)$/
const ROUTE = '/api/mpesa/callback/:token'

/**
 * The short way of a callback as M-PESA sends it: when the network comes back a thousand come at once, and the app around the
 * others would cost as much again as the callback. Both ways answer the same; what looks unusual goes through the app.
 */
export function callbackLane({ config, log }: Pick<House, 'config' | 'log'>, callbacks: Callbacks): Shortcut {
  async function answer(request: IncomingMessage, response: ServerResponse, token: string): Promise<void> {
    const startedMs = performance.now()
    const requestId = randomUUID()
    const sourceAddress = senderOf(request, config.http.trusted_proxies)
    let [status, type, said] = [200, 'application/json', '']
    try {
      said = JSON.stringify(await callbacks.receive({ token, body: await bodyOf(request), sourceAddress }))
    } catch (thrown) {
      // Its sender has gone in the middle of it.
      if (request.destroyed && !request.complete) return
      const problem = problemOf(log, thrown, { requestId, route: ROUTE })
      ;[status, type, said] = [problem.status, PROBLEM_TYPE, problemText(problem, requestId)]
    }
    const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(said), 'X-Request-Id': requestId }
    response.writeHead(status, { ...headers, ...SECURITY_HEADERS }).end(said)
    const ms = Math.round(performance.now() - startedMs)
    log.debug({ requestId, method: 'POST', route: ROUTE, status, ms }, 'request')
  }

  return (request, response) => {
    const token = request.method === 'POST' ? ADDRESS.exec(request.url ?? '')?.[1] : undefined
    if (token === undefined || !(Number(request.headers['content-length']) <= MOST_BYTES)) return false
    void answer(request, response, token)
    return true
  }
}

/** As the app reads it: without a byte-order mark. */
const UTF8 = new TextDecoder()

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(UTF8.decode(Buffer.concat(chunks))))
    request.on('error', reject)
  })
}
