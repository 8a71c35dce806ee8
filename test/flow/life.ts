import type { Clock } from '../../src/clock.ts'
import { MlangoError } from '../../src/errors.ts'
import type { AnyCommand } from '../../src/flow/command.ts'
import type { Reactions } from '../../src/flow/consequence.ts'
import { openEngine } from '../../src/flow/engine.ts'
import { eventData, type JournalEntry } from '../../src/flow/events.ts'
import type { JobCatalogue } from '../../src/flow/job-definition.ts'
import { Pools } from '../../src/flow/pools.ts'
import { queueCommands, rescueJobs } from '../../src/flow/queue-commands.ts'
import type { PoolName } from '../../src/flow/queues.ts'
import type { Log } from '../../src/log.ts'
import type { NamedCommand, StoreClient } from '../../src/store/client.ts'
import { type Db, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { AuditNote, CommandReply, Fence } from '../../src/store/protocol.ts'
import { ensureSite, raiseBoot } from '../../src/store/site.ts'
import { openWriterLoop, type Writer } from '../../src/store/writer.ts'
import { type CrashPoint, withCrashPoints } from './crash-point.ts'

interface LifeOptions {
  file: string
  clock: Clock
  log: Log
  catalogue: JobCatalogue
  /** What handlers get beside the run's own. */
  services: object
  commands: readonly AnyCommand[]
  reactions: Partial<Reactions>
  slots: Record<PoolName, number>
  onFacts(entries: JournalEntry[]): void
  /** Where the power goes, when it is to. */
  crashPoint(): CrashPoint | undefined
}

/** What goes with a command. */
type Beside = { fence?: Fence; audit?: AuditNote | undefined }

/** The daemon from one start to the next: store and work without their threads. */
export interface Life {
  readonly db: Db
  readonly writer: Writer
  readonly pools: Pools
  send<Input, Output>(named: NamedCommand<Input, Output>, input: Input, beside?: Beside): Promise<Output>
  /** The work thread dies and another takes its place; nothing that the dead one says is heard. */
  replaceWork(): void
  /** The power has gone at the crash point: nobody hears anything any more. */
  readonly over: boolean
  /** The power goes. */
  end(): void
}

const noReactions = Object.fromEntries(Object.keys(eventData).map((type) => [type, () => []])) as unknown as Reactions

export function openLife({
  file,
  clock,
  log,
  catalogue,
  services,
  slots,
  onFacts,
  crashPoint,
  ...given
}: LifeOptions): Life {
  const db = openWriter(file)
  migrate(db)
  const site = ensureSite(db, 'test-site', clock.nowMs())
  const boot = raiseBoot(db, clock.nowMs())
  let over = false
  const engine = openEngine({
    db,
    site,
    boot,
    clock,
    log,
    commands: [...queueCommands, ...given.commands],
    catalogue,
    reactions: { ...noReactions, ...given.reactions },
    handOut(claimed) {
      for (const job of claimed) work.pools.start(job)
    },
    deliver({ entries, stopping }) {
      onFacts(entries)
      for (const run of stopping) work.pools.cancel(run)
    },
    wake: () => writer.wake(),
  })
  const hooks = withCrashPoints(engine, {
    db,
    armed: crashPoint,
    cut() {
      over = true
      work.dead = true
    },
  })
  const writer: Writer = openWriterLoop(db, hooks, log)

  let lastId = 0
  const send = <Input, Output>({ name }: NamedCommand<Input, Output>, input: Input, { fence, audit }: Beside = {}) =>
    new Promise<Output>((resolve, reject) => {
      if (over) return
      const request = { kind: 'command', requestId: ++lastId, name, input: structuredClone(input) } as const
      writer.submit({ ...request, ...(fence && { fence }), ...(audit && { audit }) }, (reply: CommandReply) => {
        // A dead process hears nothing.
        if (over) return
        if (reply.ok) resolve(structuredClone(reply.value) as Output)
        else reject(new MlangoError(reply.code, reply.message))
      })
    })

  function openWork(): { pools: Pools; dead: boolean } {
    const line = <Input, Output>(named: NamedCommand<Input, Output>, input: Input, fence?: Fence): Promise<Output> =>
      mine.dead ? new Promise(() => {}) : send(named, input, fence && { fence })
    const client: StoreClient = {
      run: (named, input) => line(named, input),
      fenced: (fence) => ({ run: (named, input) => line(named, input, fence) }),
      abandon() {},
    }
    const mine = { dead: false, pools: new Pools({ catalogue, services, client, clock, log }) }
    return mine
  }
  let work = openWork()

  send(rescueJobs, { reason: 'the daemon was stopped' }).catch(() => {})
  writer.flush()
  engine.setSlots(slots)
  return {
    db,
    writer,
    send,
    get pools() {
      return work.pools
    },
    get over() {
      return over
    },
    replaceWork() {
      work.dead = true
      work = openWork()
    },
    end() {
      over = true
      work.dead = true
      engine.stop()
      db.close()
    },
  }
}
