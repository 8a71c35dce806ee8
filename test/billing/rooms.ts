import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '../../jobs/catalogue.ts'
import { addPackage } from '../../src/billing/packages.ts'
import { commands } from '../../src/commands.ts'
import { MlangoError } from '../../src/errors.ts'
import type { ClaimedJob } from '../../src/flow/claims.ts'
import { type Engine, openEngine } from '../../src/flow/engine.ts'
import type { EventType, JournalEntry, LiveEvent } from '../../src/flow/events.ts'
import { readJournal } from '../../src/flow/journal.ts'
import { lastKnownMs, settleEarlierStarts } from '../../src/flow/time-trust.ts'
import { openLog } from '../../src/log.ts'
import { reactions } from '../../src/reactions.ts'
import { registerRouter } from '../../src/routers/registry.ts'
import type { NamedCommand, Store } from '../../src/store/client.ts'
import { openReader, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { AuditNote, CommandReply } from '../../src/store/protocol.ts'
import { ensureSite, raiseBoot } from '../../src/store/site.ts'
import { openWriterLoop, type Writer } from '../../src/store/writer.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

/** What a package of these tests costs and gives. */
export const PRICE_CENTS = 1000
export const HOUR_MS = 3_600_000

/** The rooms on a real file, with the real engine, reactions and queue, in this thread and under a clock that is stepped. */
export function openRooms() {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-rooms-'))
  const file = join(dir, 'mlango.db')
  const clock = new SteppedClock()
  const log = openLog('fatal', {})
  const db = openWriter(file)
  migrate(db)
  const site = ensureSite(db, 'test-site', clock.nowMs())
  const listeners = new Set<(entries: JournalEntry[]) => void>()
  const claimed: ClaimedJob[] = []
  const live: LiveEvent[] = []
  let boot = raiseBoot(db, clock.nowMs())
  let { engine, writer } = openHeart()
  const reader = openReader(file)

  function openHeart(): { engine: Engine; writer: Writer } {
    const engine = openEngine({
      ...{ db, site, boot, clock, log, commands, catalogue, reactions },
      handOut: (jobs) => claimed.push(...jobs),
      deliver(news) {
        live.push(...news.live)
        for (const listener of listeners) listener(news.entries)
      },
      wake: () => {},
    })
    return { engine, writer: openWriterLoop(db, engine, log) }
  }

  /** In a commit of its own. Throws what the command throws. */
  function run<Input, Output>(command: NamedCommand<Input, Output>, input: Input, audit?: AuditNote): Output {
    let answer: CommandReply | undefined
    const request = { kind: 'command', requestId: 1, name: command.name, input: structuredClone(input) } as const
    writer.submit({ ...request, ...(audit && { audit: structuredClone(audit) }) }, (reply) => {
      answer = reply
    })
    writer.flush()
    if (!answer?.ok) throw new MlangoError(answer?.code ?? 'no-reply', answer?.message ?? 'the writer did not answer')
    return structuredClone(answer.value) as Output
  }

  /** Shares a commit with what else is submitted in this turn. */
  const submit = <Input, Output>(command: NamedCommand<Input, Output>, input: Input): Promise<Output> =>
    new Promise((resolve, reject) => {
      const request = { kind: 'command', requestId: 1, name: command.name, input: structuredClone(input) } as const
      writer.submit(request, (answer) => {
        if (answer.ok) resolve(structuredClone(answer.value) as Output)
        else reject(new MlangoError(answer.code, answer.message))
      })
    })

  const store: Store = {
    run: async (command, input, audit) => run(command, input, audit),
  }

  // Compiling costs more than most of these questions.
  const prepared = new Map<string, ReturnType<typeof db.prepare>>()
  const question = (query: string) => {
    const known = prepared.get(query) ?? db.prepare(query)
    prepared.set(query, known)
    return known
  }
  const rows = <Row = Record<string, unknown>>(query: string, ...values: unknown[]) =>
    question(query)
      .pluck(false)
      .all(...values) as Row[]

  return {
    dir,
    file,
    db,
    reader,
    clock,
    log,
    site,
    run,
    submit,
    store,
    rows,
    get engine() {
      return engine
    },
    /** One value of one row. */
    value: (query: string, ...values: unknown[]) =>
      question(query)
        .pluck()
        .get(...values),
    /** Every row of every table that holds state, for "nothing has changed". */
    snapshot: () =>
      [
        ...['payments', 'payment_attempts', 'receipts', 'refunds', 'grants', 'grant_parts', 'sessions', 'messages'],
        ...['vouchers', 'subscriptions', 'jobs', 'journal'],
      ].map((table) => [table, rows(`SELECT * FROM ${table}`)]),
    facts: (type?: EventType) =>
      readJournal(db, 0, 10_000).filter((entry) => type === undefined || entry.type === type),
    jobs: (name?: string) =>
      rows<{ name: string; payload: string; state: string; run_at_ms: number }>(
        'SELECT name, payload, state, run_at_ms FROM jobs WHERE ? IS NULL OR name = ? ORDER BY id',
        name ?? null,
        name ?? null,
      ),
    /** What live views were told, oldest first. */
    live: (): readonly LiveEvent[] => live,
    subscribe(listener: (entries: JournalEntry[]) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** As after a power cut: everything that was committed is there, and the next boot has begun. */
    restart() {
      engine.stop()
      boot = raiseBoot(db, clock.nowMs(), settleEarlierStarts(db, lastKnownMs(db)))
      ;({ engine, writer } = openHeart())
    },

    addPackage(change: Partial<Parameters<typeof addPackage.run>[1]> = {}): number {
      const outcome = run(addPackage, {
        name: `package ${Math.random()}`,
        description: '',
        type: 'hotspot',
        priceCents: PRICE_CENTS,
        currency: 'KES',
        durationSeconds: 3600,
        dataLimitBytes: null,
        downKbps: null,
        upKbps: null,
        deviceLimit: 1,
        hidden: 0,
        ...change,
      })
      if (outcome.outcome !== 'added') throw new Error(outcome.outcome)
      return outcome.row.id
    },

    addRouter(change: Partial<Parameters<typeof registerRouter.run>[1]> = {}): number {
      const outcome = run(registerRouter, {
        name: `router ${Math.random()}`,
        address: null,
        apiPort: 8728,
        apiTls: false,
        accessMode: 'radius',
        coaPort: 3799,
        apiUsername: null,
        apiPassword: null,
        radiusSecret: null,
        ...change,
      })
      if (outcome.outcome !== 'registered') throw new Error(outcome.outcome)
      return outcome.router.id
    },

    close() {
      engine.stop()
      reader.close()
      db.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Rooms = ReturnType<typeof openRooms>
