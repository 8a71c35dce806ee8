import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { AnyCommand } from '../../src/flow/command.ts'
import type { Reactions } from '../../src/flow/consequence.ts'
import type { JournalEntry } from '../../src/flow/events.ts'
import { type FailedJobRow, failedJobs } from '../../src/flow/failed-job-table.ts'
import type { JobCatalogue, JobOrder } from '../../src/flow/job-definition.ts'
import { liveJobs } from '../../src/flow/job-list.ts'
import type { JobRow } from '../../src/flow/job-table.ts'
import type { Pools } from '../../src/flow/pools.ts'
import { enqueueJob, rescueJobs } from '../../src/flow/queue-commands.ts'
import type { PoolName } from '../../src/flow/queues.ts'
import { type Log, openLog } from '../../src/log.ts'
import type { NamedCommand, Store } from '../../src/store/client.ts'
import type { Db } from '../../src/store/database.ts'
import type { AuditNote, Fence } from '../../src/store/protocol.ts'
import type { Writer } from '../../src/store/writer.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'
import type { CrashPoint } from './crash-point.ts'
import { type Life, openLife } from './life.ts'
import { type Handler, noteFact, refuse, stumble, testJobs } from './test-jobs.ts'

interface HouseOptions {
  slots?: Record<PoolName, number>
  catalogue?: JobCatalogue
  commands?: readonly AnyCommand[]
  reactions?: Partial<Reactions>
  /** Hands of the handlers, for a catalogue that needs some. */
  services?: object
}

/**
 * The queue's test kit: a real file, the real engine and pools, and a clock that is stepped by hand.
 * @example
 * const house = new House({ catalogue, commands, services })
 * await house.enqueue('open-door', 'front')
 * await house.crashAfter('ack', () => house.settle())
 * await house.drain()
 */
export class House implements Store {
  readonly clock = new SteppedClock()
  readonly log: Log
  readonly logLines: Record<string, unknown>[] = []
  /** What main thread and cloud were told, in order. */
  readonly facts: JournalEntry[] = []
  readonly directory = mkdtempSync(join(tmpdir(), 'mlango-flow-'))
  readonly #options: HouseOptions
  readonly #handlers = new Map<string, Handler>()
  #life: Life
  #crashPoint: CrashPoint | undefined

  constructor(options: HouseOptions = {}) {
    this.#options = options
    this.log = openLog('debug', {}, { write: (line) => this.logLines.push(JSON.parse(line)) })
    this.#life = this.#begin()
  }

  get db(): Db {
    return this.#life.db
  }

  get writer(): Writer {
    return this.#life.writer
  }

  get pools(): Pools {
    return this.#life.pools
  }

  handle(jobName: string, handler: Handler): void {
    this.#handlers.set(jobName, handler)
  }

  run<Input, Output>(named: NamedCommand<Input, Output>, input: Input, audit?: AuditNote): Promise<Output> {
    return this.#life.send(named, input, { audit })
  }

  /** As the run with this fence would. */
  runFenced<Input, Output>(fence: Fence, named: NamedCommand<Input, Output>, input: Input): Promise<Output> {
    return this.#life.send(named, input, { fence })
  }

  enqueue(name: string, what = 'it', when: Pick<JobOrder, 'runAtMs'> = {}): Promise<number> {
    return this.run(enqueueJob, { name, payload: { what }, ...when })
  }

  jobs(): JobRow[] {
    return (['ready', 'scheduled', 'held', 'running'] as const).flatMap((state) =>
      liveJobs(this.db, { state, limit: 10_000 }).sort((a, b) => a.id - b.id),
    )
  }

  /** What lives in the queue, in words: `open-door running`. */
  live(): string[] {
    return this.jobs().map(({ name, state, heldBy }) => `${name} ${heldBy === null ? state : 'held'}`)
  }

  failed(): FailedJobRow[] {
    return failedJobs(this.db, { limit: 10_000 })
  }

  /** Lets everything happen that can happen now. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 6; quiet++) await turn()
  }

  /** Time goes by, in steps, and everything happens on the way. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
      this.clock.step(stepMs)
      await this.settle()
    }
  }

  /** Runs until nothing lives in the queue, however long that takes by the clock. */
  async drain(): Promise<void> {
    await this.settle()
    for (let minutes = 0; this.jobs().length > 0; minutes++) {
      if (minutes > 10_000) throw new Error(`still alive: ${this.live().join(', ')}`)
      await this.pass(60_000, 10_000)
    }
  }

  /** The power goes and comes back: nothing that was only in memory survives. */
  async crash(): Promise<void> {
    this.#life.end()
    this.#life = this.#begin()
    await this.settle()
  }

  /** The power goes at this point of the next commit that reaches it, and comes back. What `act` awaits may never come. */
  async crashAfter(point: CrashPoint, act: () => Promise<unknown>): Promise<void> {
    this.#crashPoint = point
    act().catch(() => {})
    for (let turns = 0; turns < 100 && !this.#life.over; turns++) await turn()
    this.#crashPoint = undefined
    if (!this.#life.over) throw new Error(`the point after ${point} was not reached`)
    await this.crash()
  }

  /** What the main thread does when the work thread died. */
  async workThreadDies(): Promise<void> {
    this.#life.replaceWork()
    await this.run(rescueJobs, { reason: 'the work thread ended' })
    await this.settle()
  }

  close(): void {
    this.#life.end()
    rmSync(this.directory, { recursive: true })
  }

  #begin(): Life {
    const {
      slots = { hotspot: 3, payments: 2, general: 2 },
      catalogue,
      commands = [],
      reactions = {},
      services = {},
    } = this.#options
    return openLife({
      file: join(this.directory, 'mlango.db'),
      clock: this.clock,
      log: this.log,
      catalogue: catalogue ?? testJobs(this.#handlers),
      commands: [noteFact, refuse, stumble, ...commands],
      reactions,
      services,
      slots,
      crashPoint: () => this.#crashPoint,
      onFacts: (entries) => this.facts.push(...entries),
    })
  }
}

/** A promise to be settled by the test: a far end that answers when it is told to. */
export function gate<Value>(): PromiseWithResolvers<Value> {
  return Promise.withResolvers<Value>()
}
