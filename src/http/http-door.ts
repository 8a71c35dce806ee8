import { once } from 'node:events'
import { chmodSync, readFileSync, rmSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { Config } from '../config.ts'
import { asError, MlangoError } from '../errors.ts'
import { inTurns } from '../in-turns.ts'
import type { RequestVariables } from './problem.ts'

/** A burst of callbacks must not be refused while the loop is busy; the kernel cuts it to net.core.somaxconn. */
const BACKLOG = 4096

/** So few requests of a crowd are taken in one turn, so that RADIUS does not wait for all of them. */
const REQUESTS_PER_TURN = 2

/** Slow senders are cut off; streams of events are answers and are not meant by these. */
const TIMES = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 15_000 }

/** Answers without the app, which costs several times as much. False when it does not: then nothing has been done. */
export type Shortcut = (request: IncomingMessage, response: ServerResponse) => boolean

export interface HttpDoor {
  /** The TCP port, once started. */
  readonly port: number
  start(): Promise<void>
  /** Takes no new requests, and ends those that last longer than `withinMs`. */
  stop(withinMs: number): Promise<void>
}

/**
 * Serves the app on the configured address, and on a socket in the data directory for the command line. Whoever may open
 * that file is the service's own user or root, so requests that come by it need no token.
 */
export function openHttpDoor(
  app: Hono<{ Variables: RequestVariables }>,
  {
    http,
    controlSocket,
    shortcuts = [],
  }: { http: Config['http']; controlSocket: string; shortcuts?: readonly Shortcut[] },
): HttpDoor {
  const outside =
    http.tls_cert && http.tls_key
      ? tlsServer(app, http.tls_cert, http.tls_key, shortcuts)
      : plainServer(app, false, shortcuts)
  const inside = plainServer(app, true, [])
  const servers = [outside, inside]

  return {
    get port() {
      return (outside.address() as AddressInfo).port
    },
    async start() {
      await listen(outside, { host: http.host, port: http.port, backlog: BACKLOG }, `[http] ${http.host}:${http.port}`)
      rmSync(controlSocket, { force: true })
      await listen(inside, { path: controlSocket }, `the control socket ${controlSocket}`)
      chmodSync(controlSocket, 0o600)
    },
    async stop(withinMs) {
      const closed = servers.map((server) => (server.listening ? closeOf(server) : undefined))
      for (const server of servers) server.closeIdleConnections()
      const cut = setTimeout(() => {
        for (const server of servers) server.closeAllConnections()
      }, withinMs)
      await Promise.all(closed)
      clearTimeout(cut)
    },
  }
}

type App = Hono<{ Variables: RequestVariables }>

function plainServer(app: App, local: boolean, shortcuts: readonly Shortcut[]): Server {
  return withTimes(
    createAdaptorServer({
      fetch: (request, env) => app.fetch(request, { ...env, local }),
      createServer: ((options: ServerOptions, listener: RequestListener) =>
        createServer(options, behind(shortcuts, listener))) as typeof createServer,
    }) as Server,
  )
}

function tlsServer(app: App, certFile: string, keyFile: string, shortcuts: readonly Shortcut[]): Server {
  const serverOptions = { cert: readPem('tls_cert', certFile), key: readPem('tls_key', keyFile) }
  return withTimes(
    createAdaptorServer({
      fetch: (request, env) => app.fetch(request, { ...env, local: false }),
      createServer: ((options: TlsServerOptions, listener: RequestListener) =>
        createTlsServer(options, behind(shortcuts, listener))) as typeof createTlsServer,
      serverOptions,
    }) as Server,
  )
}

function behind(shortcuts: readonly Shortcut[], listener: RequestListener): RequestListener {
  const requests = inTurns<Parameters<RequestListener>>(REQUESTS_PER_TURN, (asked) => {
    if (!shortcuts.some((take) => take(...asked))) listener(...asked)
  })
  return (...asked) => requests.take(asked)
}

const withTimes = (server: Server): Server => Object.assign(server, TIMES)

function readPem(key: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new MlangoError('config-invalid', `[http] ${key} names ${file}, which cannot be read`, { cause })
  }
}

async function listen(server: Server, where: Parameters<Server['listen']>[0] & object, what: string): Promise<void> {
  server.listen(where)
  try {
    await once(server, 'listening')
  } catch (thrown) {
    throw new MlangoError(
      'cannot-listen',
      `Cannot listen on ${what}: ${'port' in where ? explain(thrown) : asError(thrown).message}`,
      { cause: thrown },
    )
  }
}

function explain(thrown: unknown): string {
  switch ((thrown as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return 'another program has that port. Stop it (`ss -ltnp` says which), or change [http] port.'
    case 'EACCES':
      return 'the system does not allow it. Give the service that right, or change [http] port.'
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address. Change [http] host.'
    default:
      return asError(thrown).message
  }
}

const closeOf = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))
