import { X509Certificate } from 'node:crypto'
import { type ConnectionOptions, TLSSocket } from 'node:tls'
import { type Clock, systemClock } from '../clock.ts'
import { networkError, RouterError, type RouterErrorKind, trapError } from './router-error.ts'
import { type LibraryConnection, openLibraryConnection } from './routeros-library.ts'
import type { Row } from './routeros-patches.ts'

/** Where and how to reach a router's API. */
export interface RouterAddress {
  routerId: number
  host: string
  port: number
  tls: boolean
  username: string
  password: string
  /** The router's certificate (PEM): with it no other is accepted. Without, the connection is only hidden, not proven. */
  certificate?: string
}

/** One logged-in API connection. Commands may overlap; answers are matched to them. */
export interface RouterConnection {
  readonly alive: boolean
  /** Rejects with a RouterError and always settles, within `timeoutMs`. */
  run(words: readonly string[], timeoutMs?: number): Promise<Row[]>
  /** Never takes longer than half a second. */
  close(): Promise<void>
}

interface ConnectionParts {
  clock?: Clock
  /** Gives up while connecting. */
  signal?: AbortSignal
  /** Called once, when it is over, for whatever reason. */
  onGone?: () => void
}

const CONNECT_MS = 5_000
const COMMAND_MS = 8_000
const CLOSE_MS = 500
/** Above every deadline of a command, so that the library's own timer is only a backstop. */
const LIBRARY_IDLE_MS = 120_000

/** Connects and logs in. Rejects with a RouterError that is never `sent`; always settles, within 5 s. */
export async function openConnection(address: RouterAddress, parts: ConnectionParts = {}): Promise<RouterConnection> {
  const connection = new Connection(address, parts)
  await connection.open(parts.signal)
  return connection
}

interface Ending {
  kind: RouterErrorKind
  message: string
  cause?: unknown
}

class Connection implements RouterConnection {
  readonly #name: string
  readonly #clock: Clock
  readonly #library: LibraryConnection
  readonly #onGone: () => void
  readonly #pinned: string | undefined
  /** Those who must be told when the connection goes: the library tells nobody (2, 3). */
  readonly #waiting = new Set<(ending: Ending) => void>()
  #closing = false
  #ending: Ending | undefined

  constructor(address: RouterAddress, { clock = systemClock, onGone = () => {} }: ConnectionParts) {
    const { host, port, username, password } = address
    this.#name = `${host}:${port}`
    this.#clock = clock
    this.#onGone = onGone
    this.#pinned = address.tls ? address.certificate : undefined
    this.#library = openLibraryConnection({
      host,
      port,
      username,
      password,
      tls: address.tls ? tlsOptions(address) : undefined,
      idleTimeoutMs: LIBRARY_IDLE_MS,
      onError: (error) => this.#end(networkError(error)),
      onClose: () => this.#end({ kind: 'closed', message: `${this.#closing ? 'we' : 'it'} closed the connection` }),
    })
  }

  get alive(): boolean {
    return this.#ending === undefined && !this.#closing
  }

  open(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settled = this.#whenGone(({ kind, message, cause }) => {
        stopWaiting()
        reject(new RouterError(kind, message, { sent: false, cause }))
      })
      const cancelTimer = this.#clock.after(CONNECT_MS, () =>
        this.#end({ kind: 'timeout', message: `no login within ${CONNECT_MS / 1000} s` }),
      )
      const aborted = () => this.#end({ kind: 'closed', message: 'we stopped connecting', cause: signal?.reason })
      const stopWaiting = () => {
        settled()
        cancelTimer()
        signal?.removeEventListener('abort', aborted)
      }
      if (signal?.aborted) return aborted()
      signal?.addEventListener('abort', aborted, { once: true })

      this.#library.connect().then(
        () => {
          stopWaiting()
          if (this.#ending) return
          resolve()
        },
        (thrown) => this.#end(loginEnding(thrown)),
      )
      const socket = this.#library.socket()
      // Before the library's own listeners, which lose the code and the text (14).
      socket?.prependListener('error', (error) => this.#end(networkError(error)))
      socket?.prependListener('fatal', (reason: string) =>
        this.#end({ kind: 'closed', message: `it ended the connection: ${reason}` }),
      )
      // Before the library's own listener, which logs in: our password is for this router alone.
      if (this.#pinned !== undefined && socket instanceof TLSSocket)
        socket.prependOnceListener('secureConnect', () => this.#compare(socket))
      socket?.setNoDelay(true)
    })
  }

  run(words: readonly string[], timeoutMs = COMMAND_MS): Promise<Row[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Row[]>()
    const ending = this.#ending
    if (ending || !this.#library.socket()?.writable) {
      const { kind, message } = ending ?? { kind: 'closed', message: 'the connection has ended' }
      reject(new RouterError(kind, message, { sent: false }))
      return promise
    }
    const { reply, traps } = this.#library.send(words)
    const settled = this.#whenGone(({ kind, message, cause }) => {
      stopWaiting()
      // It had said no already; only `!done` was missing.
      if (traps.length > 0) reject(trapError(traps))
      else reject(new RouterError(kind, message, { sent: true, cause }))
    })
    const cancelTimer = this.#clock.after(timeoutMs, () => {
      stopWaiting()
      const message = `router ${this.#name}: no answer within ${timeoutMs / 1000} s`
      reject(traps.length > 0 ? trapError(traps) : new RouterError('timeout', message, { sent: true }))
      // Not just this command: a late answer and the library's state would stay behind.
      this.#end({ kind: 'closed', message: 'given up, because it left a command without an answer' })
    })
    const stopWaiting = () => {
      settled()
      cancelTimer()
    }
    reply.finally(stopWaiting).then(resolve, reject)
    return promise
  }

  async close(): Promise<void> {
    if (this.#ending) return
    this.#closing = true
    await new Promise<void>((resolve) => {
      const cancelTimer = this.#clock.after(CLOSE_MS, resolve)
      this.#library
        .close()
        .catch(() => {})
        .finally(() => {
          cancelTimer()
          resolve()
        })
    })
    this.#end({ kind: 'closed', message: 'we closed the connection' })
  }

  #compare(socket: TLSSocket): void {
    if (this.#pinned === undefined || showsCertificate(socket, this.#pinned)) return
    this.#end({ kind: 'network', message: 'it shows another certificate than the one that was pinned' })
  }

  /** The returned function takes it back. */
  #whenGone(tell: (ending: Ending) => void): () => void {
    this.#waiting.add(tell)
    return () => this.#waiting.delete(tell)
  }

  /** The first reason counts. */
  #end(ending: Ending): void {
    if (this.#ending) return
    this.#ending = { ...ending, message: `router ${this.#name}: ${ending.message}` }
    this.#library.destroy()
    for (const tell of [...this.#waiting]) tell(this.#ending)
    this.#onGone()
  }
}

/** A trap on `/login` says that we may not come in, whatever its words. */
function loginEnding(thrown: unknown): Ending {
  if (!(thrown instanceof RouterError)) return networkError(thrown)
  return { kind: 'auth', message: `it refused our login: ${thrown.message}`, cause: thrown }
}

/** Who has signed it, and until when it is good, says nothing: a router signs its own, by a clock that may stand in 1970. */
function showsCertificate(socket: TLSSocket, pem: string): boolean {
  const shown = socket.getPeerX509Certificate()?.raw
  return shown !== undefined && new X509Certificate(pem).raw.equals(shown)
}

/**
 * A pinned certificate is compared, not verified. Without one: a RouterOS that has none offers only anonymous ciphers
 * (among HIGH), and those only up to TLS 1.2 (16).
 */
function tlsOptions({ certificate }: RouterAddress): ConnectionOptions {
  if (certificate !== undefined) return { rejectUnauthorized: false }
  return {
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
    ciphers: 'HIGH:@SECLEVEL=0',
  }
}
