import type { Clock } from '../clock.ts'
import { MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Db } from '../store/database.ts'
import { type CommandRequest, CROWD, type Fence } from '../store/protocol.ts'
import { type Site, siteToken } from '../store/site.ts'
import type { WriterHooks } from '../store/writer.ts'
import { AUDIT, auditRow } from './audited.ts'
import type { ClaimedJob } from './claims.ts'
import type { AnyCommand, CommandContext } from './command.ts'
import type { Reactions } from './consequence.ts'
import type { EventType, JournalEntry, LiveEvent } from './events.ts'
import type { JobCatalogue } from './job-definition.ts'
import { kindsOf } from './job-kinds.ts'
import type { Effect } from './job-outcome.ts'
import { lastSeq, openJournal, readJournal } from './journal.ts'
import { Queue } from './queue.ts'
import { enqueueJob, tickSchedule } from './queue-commands.ts'
import type { PoolName } from './queues.ts'
import type { DoneRun, RunEnd } from './run-ends.ts'

/** The name under which the work thread ends a run. */
export const FINISH_RUN = 'queue.finish'

export interface FinishRun {
  fence: Fence
  end: RunEnd
  /** How long the handler had the job. */
  ranMs: number
}

/** The name under which it ends runs that said nothing but that their work is done, many at once. */
export const FINISH_DONE = 'queue.finish-done'

export interface EngineOptions {
  db: Db
  site: Site
  boot: number
  clock: Clock
  log: Log
  commands: readonly AnyCommand[]
  catalogue: JobCatalogue
  reactions: Reactions
  /** Facts that are not written down for now. */
  leavesOut?: (type: EventType) => boolean
  /** After a commit, before all else: these jobs now belong to the work thread. */
  handOut(claimed: ClaimedJob[]): void
  /** Then, before the replies: new facts, what live views should look at, and runs of the work thread that were cancelled. */
  deliver(news: { entries: JournalEntry[]; live: LiveEvent[]; stopping: Fence[] }): void
  /** Asks for a commit although no command came: a job is due. */
  wake(): void
}

export interface Engine extends WriterHooks {
  /** How many runs each pool takes; zero until the work thread is ready, and while the daemon stops. */
  setSlots(slots: Readonly<Record<PoolName, number>>): void
  /** No more jobs are handed out; commands still work. */
  stop(): void
}

/** A due job is found after this time at the latest, whatever happened to the timer. */
const SLOW_POLL_MS = 30_000

/** Neither a full disk nor a queue that cannot hand out jobs heals at once; meanwhile due jobs wait. */
const AFTER_FAILURE_MS = 5_000

/** For so long a crowd is answered before any job is handed out or fact told; then whoever is in has his turn, although more come. */
const CROWD_MS = 500

/** A crowd is over when nobody came for so long; until then its answers are on their way, and jobs would take the cores from them. */
const CROWD_ENDS_MS = 50

const NO_SLOTS: Readonly<Record<PoolName, number>> = { hotspot: 0, payments: 0, general: 0 }

/**
 * The heart of the store thread: performs commands, lets facts have their consequences, hands out jobs.
 * One group = commands + consequences + claims, one commit. Throws `queue-unserved` when jobs wait that nobody would run.
 */
export function openEngine(options: EngineOptions): Engine {
  const { db, clock, log } = options
  const commands = new Map(options.commands.map((command) => [command.name, command]))
  let nowMs = clock.nowMs()
  let slots = NO_SLOTS
  let claimed: ClaimedJob[] = []
  let live: LiveEvent[] = []
  let deliveredSeq = lastSeq(db)
  let cancelTimer = () => {}
  let stopped = false
  let stumbled = false
  /** No scheduled job is due before; as the last commit left it. */
  let dueMs = Number.NEGATIVE_INFINITY
  let crowdedSinceMs: number | undefined
  let lastOfCrowdMs = 0
  let isCrowded = false

  const queue = new Queue({
    db,
    kinds: kindsOf(options.catalogue),
    boot: options.boot,
    nowMs: () => nowMs,
    failed: (job, reason) =>
      journal.record('job.failed', { jobId: job.id, name: job.name, queue: job.queue, reason: reason.slice(0, 500) }),
    log,
  })
  queue.takeOver()
  const journal = openJournal(db, {
    nowMs: () => nowMs,
    react,
    announce: (event) => live.push(event),
    ...(options.leavesOut && { leavesOut: options.leavesOut }),
  })

  function react(type: EventType, data: never): void {
    for (const consequence of options.reactions[type](data)) {
      if (consequence.kind === 'job') queue.enqueue(consequence.order)
      else run(consequence.name, consequence.input)
    }
  }

  function run(name: string, input: unknown): unknown {
    const command = commands.get(name)
    if (!command) throw new MlangoError('unknown-command', `There is no command named ${name}`)
    return command.run(context(), input)
  }

  function context(): CommandContext {
    return {
      db,
      journal,
      queue,
      nowMs,
      isCrowded,
      site: { id: options.site.id },
      siteToken: (text) => siteToken(options.site, text),
      log,
    }
  }

  function finishRun({ fence, end, ranMs }: FinishRun): void {
    const job = queue.runs.assertOurs(fence)
    const effects: Effect[] = 'effects' in end ? end.effects : []
    for (const { command, input } of effects) run(command, input)
    // What the effects caused may have ordered this very job once more.
    queue.runs.finish(effects.length === 0 ? job : queue.runs.assertOurs(fence), end, ranMs)
  }

  function wakeAfter(delayMs: number): void {
    cancelTimer()
    if (!stopped) cancelTimer = clock.after(Math.min(Math.max(0, delayMs), SLOW_POLL_MS), options.wake)
  }

  return {
    beforeGroup(arrived) {
      nowMs = clock.nowMs()
      const callers = callersOf(arrived)
      if (callers.length > 0) lastOfCrowdMs = nowMs
      const goesOn = isCrowded && nowMs - lastOfCrowdMs < CROWD_ENDS_MS
      const isCrowd = goesOn || callers.length >= CROWD || callers.some(({ crowded }) => crowded)
      if (!isCrowd) crowdedSinceMs = undefined
      else crowdedSinceMs ??= nowMs
      const crowdedMs = crowdedSinceMs === undefined ? CROWD_MS : nowMs - crowdedSinceMs
      // A clock that was set back must not make it last.
      isCrowded = crowdedMs >= 0 && crowdedMs < CROWD_MS
      if (!isCrowded) crowdedSinceMs = undefined
    },
    isOneWrite({ name, input, fence, audit }: CommandRequest) {
      if (fence || audit) return false
      return name === enqueueJob.name || (name === FINISH_RUN && isPlain((input as FinishRun).end))
    },
    perform({ name, input, fence, audit }: CommandRequest) {
      nowMs = clock.nowMs()
      if (fence) queue.runs.assertOurs(fence)
      if (name === FINISH_RUN) return finishRun(input as FinishRun)
      if (name === FINISH_DONE) return queue.runs.finishDone(input as DoneRun[])
      const value = run(name, input)
      const row = audit && auditRow(audit, value)
      if (row) run(AUDIT, row)
      return value
    },
    beforeCommit() {
      nowMs = clock.nowMs()
      claimed = []
      stumbled = true
      const taken = isCrowded ? [] : queue.claim(slots, nowMs >= dueMs)
      queue.settle(stopped)
      // A throw undoes the claims, too; then nobody may run them.
      claimed = taken
      stumbled = false
    },
    afterCommit() {
      if (claimed.length > 0) options.handOut(claimed)
      const entries = isCrowded ? [] : readJournal(db, deliveredSeq)
      deliveredSeq = entries.at(-1)?.seq ?? deliveredSeq
      const news = { entries, live, stopping: queue.takeStopping() }
      live = []
      try {
        if (Object.values(news).some(({ length }) => length > 0)) options.deliver(news)
      } finally {
        // Last: nobody waits for it.
        // What came due during a crowd is found by the first commit after it.
        dueMs = isCrowded ? Number.NEGATIVE_INFINITY : queue.nextDueMs()
        const nextMs = isCrowded ? lastOfCrowdMs + CROWD_ENDS_MS : dueMs
        wakeAfter(stumbled ? AFTER_FAILURE_MS : nextMs - clock.nowMs())
      }
    },
    afterFailure() {
      live = []
      queue.forget()
      wakeAfter(AFTER_FAILURE_MS)
    },
    setSlots(next) {
      slots = next
      options.wake()
    },
    stop() {
      stopped = true
      slots = NO_SLOTS
      cancelTimer()
    },
  }
}

/** What it says of its target stands by itself. */
const isPlain = (end: RunEnd): boolean => end.kind === 'done' && end.effects.length === 0

/**
 * Those of a group that count toward a crowd. Ends of runs and what jobs ask for do not: there are never more of these than were handed out. Nor
 * does the clock at a full minute.
 */
const callersOf = (arrived: readonly { request: CommandRequest }[]): CommandRequest[] =>
  arrived.flatMap(({ request }) => (request.fence || NOBODY.includes(request.name) ? [] : request))

const NOBODY: readonly string[] = [FINISH_RUN, FINISH_DONE, tickSchedule.name]
