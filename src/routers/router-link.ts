import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type CircuitBreaker, openCircuitBreaker } from './circuit-breaker.ts'
import { ReturnWatch } from './return-watch.ts'
import { RouterError } from './router-error.ts'
import { openConnection, type RouterAddress, type RouterConnection } from './routeros-connection.ts'
import type { Row } from './routeros-patches.ts'
import { Turnstile } from './turnstile.ts'

export interface RunOptions {
  signal: AbortSignal
  timeoutMs?: number
}

/** Every connection is two lines in the router's log, so it is kept from one look at the router to the next. */
const IDLE_MS = 90_000
/** A connection on which nothing is said is asked whether it lives: a router that lost its power says no goodbye. */
const BEAT_MS = 4_000
const BEAT_ANSWER_MS = 3_000
const BEAT = ['/system/identity/print', '=.proplist=name']
const COMMANDS_AT_ONCE = 16
const BREAKER = { firstMs: 2_000, longestMs: 30_000 }
/** So many connections in a row that broke under their commands mean that the router is not well. */
const LOST_IN_A_ROW = 3

export interface LinkParts {
  clock: Clock
  log: Log
  /** A connection that worked has ended, and not by us, or a router that was away may be back: it may be worth a look. */
  onChanged?: (routerId: number) => void
}

/** The way to one router: one connection, opened when needed, shared, and not tried while the router is known to be away. */
export class RouterLink {
  readonly address: RouterAddress
  readonly #clock: Clock
  readonly #log: Log
  readonly #breaker: CircuitBreaker<RouterError>
  readonly #turnstile = new Turnstile(COMMANDS_AT_ONCE)
  readonly #stopping = new AbortController()
  #connection: RouterConnection | undefined
  #connecting: Promise<RouterConnection> | undefined
  #running = 0
  #lost = 0
  #lastLost: RouterConnection | undefined
  #away = false
  readonly #onChanged: (routerId: number) => void
  readonly #returnWatch: ReturnWatch
  /** The last connection on which something was answered. */
  #proven: RouterConnection | undefined
  #cancelIdle = () => {}
  #cancelBeat = () => {}

  constructor(address: RouterAddress, { clock, log, onChanged = () => {} }: LinkParts) {
    this.address = address
    this.#clock = clock
    this.#log = log
    this.#onChanged = onChanged
    this.#breaker = openCircuitBreaker({ clock, ...BREAKER })
    const onBack = () => {
      this.#breaker.succeeded()
      onChanged(address.routerId)
    }
    this.#returnWatch = new ReturnWatch({ clock, address, onBack })
  }

  /** Rejects with a RouterError. A caller that gives up leaves its command to run out by itself. */
  run(words: readonly string[], { signal, timeoutMs }: RunOptions): Promise<Row[]> {
    const { promise, resolve, reject } = Promise.withResolvers<Row[]>()
    const caller = { signal, sent: false }
    const giveUp = () =>
      reject(new RouterError('closed', 'we gave up waiting', { sent: caller.sent, cause: signal.reason }))
    if (signal.aborted) giveUp()
    else {
      signal.addEventListener('abort', giveUp, { once: true })
      this.#run(words, caller, timeoutMs)
        .finally(() => signal.removeEventListener('abort', giveUp))
        .then(resolve, reject)
    }
    return promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancelIdle()
    this.#cancelBeat()
    this.#returnWatch.end()
    await this.#connection?.close()
  }

  async #run(
    words: readonly string[],
    caller: { signal: AbortSignal; sent: boolean },
    timeoutMs?: number,
  ): Promise<Row[]> {
    this.#running += 1
    this.#cancelIdle()
    this.#cancelBeat()
    await this.#turnstile.enter()
    try {
      const connection = await this.#connect()
      if (caller.signal.aborted) throw new RouterError('closed', 'we gave up waiting', { sent: false })
      caller.sent = true
      return await this.#answer(connection, connection.run(words, timeoutMs))
    } finally {
      this.#turnstile.leave()
      this.#running -= 1
      if (this.#running === 0 && !this.#stopping.signal.aborted) this.#rest()
    }
  }

  /** Until there is something to say again. */
  #rest(): void {
    const connection = this.#connection
    if (!connection?.alive) return
    this.#cancelIdle = this.#clock.after(IDLE_MS, () => {
      this.#cancelBeat()
      // We end it: that says nothing about the router.
      this.#proven = undefined
      void connection.close()
    })
    const beat = () => {
      connection.run(BEAT, BEAT_ANSWER_MS).then(
        () => {
          this.#well(connection)
          if (this.#running === 0 && connection.alive) this.#cancelBeat = this.#clock.after(BEAT_MS, beat)
        },
        (thrown) => this.#failed(connection, asRouterError(thrown)),
      )
    }
    this.#cancelBeat = this.#clock.after(BEAT_MS, beat)
  }

  async #connect(): Promise<RouterConnection> {
    if (this.#stopping.signal.aborted) throw new RouterError('closed', 'we are stopping', { sent: false })
    if (this.#connection?.alive) return this.#connection
    // Before joining a connection that is being opened: while one caller finds out, the others do not wait for it.
    const believed = this.#breaker.refusal()
    if (believed) {
      const { kind, message } = believed
      throw new RouterError(kind, `${message}; not tried again yet`, { sent: false, cause: believed })
    }
    if (this.#connecting) return this.#connecting
    let opened: RouterConnection | undefined
    this.#connecting = openConnection(this.address, {
      clock: this.#clock,
      signal: this.#stopping.signal,
      onGone: () => this.#gone(opened),
    })
    try {
      opened = await this.#connecting
      this.#connection = opened
      this.#breaker.succeeded()
      return this.#connection
    } catch (thrown) {
      this.#found(asRouterError(thrown))
      throw thrown
    } finally {
      this.#connecting = undefined
    }
  }

  /** A no is an answer too. */
  async #answer(connection: RouterConnection, reply: Promise<Row[]>): Promise<Row[]> {
    try {
      const rows = await reply
      this.#well(connection)
      return rows
    } catch (thrown) {
      const error = asRouterError(thrown)
      this.#failed(connection, error)
      throw error
    }
  }

  #failed(connection: RouterConnection, error: RouterError): void {
    if (error.kind === 'trap') this.#well(connection)
    else this.#lose(connection, error)
  }

  #gone(connection: RouterConnection | undefined): void {
    this.#cancelBeat()
    const wasProven = connection !== undefined && this.#proven === connection
    if (wasProven && !this.#stopping.signal.aborted) this.#onChanged(this.address.routerId)
  }

  /** However many commands were on it. */
  #lose(connection: RouterConnection, error: RouterError): void {
    if (this.#lastLost === connection) return
    this.#lastLost = connection
    this.#lost += 1
    if (this.#lost >= LOST_IN_A_ROW) this.#found(error)
  }

  #well(connection: RouterConnection): void {
    this.#proven = connection
    this.#returnWatch.end()
    this.#lost = 0
    if (!this.#away) return
    this.#away = false
    const { routerId } = this.address
    this.#log.info({ routerId }, 'the router can be reached again')
    this.#onChanged(routerId)
  }

  #found(error: RouterError): void {
    if (this.#stopping.signal.aborted) return
    this.#breaker.failed(error)
    if (error.kind !== 'auth') this.#returnWatch.begin()
    const { routerId } = this.address
    if (!this.#away)
      this.#log.warn({ routerId, kind: error.kind, reason: error.message }, 'the router cannot be reached')
    this.#away = true
  }
}

function asRouterError(thrown: unknown): RouterError {
  if (thrown instanceof RouterError) return thrown
  return new RouterError('closed', asError(thrown).message, { sent: true, cause: thrown })
}
