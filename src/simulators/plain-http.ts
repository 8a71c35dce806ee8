import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { asError } from '../errors.ts'
import { addressOf, listen } from './listening.ts'

export interface HttpRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
  /** It is answered, or nobody waits for the answer any more. */
  over: Promise<void>
}

/** `cut` closes the socket without a byte of answer. */
export type HttpAnswer = { status: number; contentType: string; body: string } | 'cut'

interface HttpListener {
  url: string
  stop(): Promise<void>
}

export const json = (status: number, value: unknown): HttpAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

export const text = (status: number, body: string): HttpAnswer => ({ status, contentType: 'text/plain', body })

/** What a gateway in front of a broken service says, whatever the client asked for. */
export const gatewayDown: HttpAnswer = {
  status: 503,
  contentType: 'text/html',
  body: '<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>',
}

export async function listenHttp(
  { host = '127.0.0.1', port = 0 }: { host?: string | undefined; port?: number | undefined },
  answer: (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer,
): Promise<HttpListener> {
  const server = createServer((incoming, response) => {
    readRequest(incoming, response)
      .then(answer)
      .then((reply) => send(response, reply))
      .catch((thrown) => send(response, text(500, `the simulator failed: ${asError(thrown).message}`)))
  })
  await listen(server, host, port)
  return {
    url: `http://${addressOf(server)}`,
    async stop() {
      if (!server.listening) return
      const { promise, resolve } = Promise.withResolvers<void>()
      server.close(() => resolve())
      server.closeAllConnections()
      await promise
    },
  }
}

/**
 * Posts once over a connection of its own and resolves with the status of the answer; rejects when there is none.
 * Header names keep their case on the wire.
 */
export function postHttp(options: {
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
  signal: AbortSignal
}): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const url = new URL(options.url)
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest
  const outgoing = open(url, {
    method: 'POST',
    agent: false,
    headers: { ...options.headers, 'Content-Length': Buffer.byteLength(options.body) },
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
  })
  outgoing.on('error', reject)
  outgoing.on('response', (response) => {
    response.on('error', reject)
    response.on('end', () => resolve(response.statusCode ?? 0))
    response.resume()
  })
  outgoing.end(options.body)
  return promise
}

async function readRequest(incoming: IncomingMessage, response: ServerResponse): Promise<HttpRequest> {
  const over = new Promise<void>((resolve) => response.once('close', resolve))
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const url = new URL(incoming.url ?? '/', 'http://simulator')
  return {
    method: incoming.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body: Buffer.concat(chunks).toString('utf8'),
    over,
  }
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  if (answer === 'cut') response.destroy()
  else response.writeHead(answer.status, { 'Content-Type': answer.contentType }).end(answer.body)
}
