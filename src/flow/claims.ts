import type { Db } from '../store/database.ts'
import { bestReady, claimJobs, type countRunning, localRunning, type PassedOver, type ReadyJob } from './claim-table.ts'
import { holdJob } from './hold-table.ts'
import type { Holds } from './holds.ts'
import type { JobKinds } from './job-kinds.ts'
import { timesLost } from './job-table.ts'
import type { QueueParts } from './queue-parts.ts'
import { type PoolName, type QueueName, queues } from './queues.ts'

/** A job in the hands of the work thread. */
export interface ClaimedJob {
  jobId: number
  epoch: number
  pool: PoolName
  queue: QueueName
  name: string
  payload: unknown
  attempt: number
  /** What its steps came to in earlier runs, by name. */
  progress: Readonly<Record<string, unknown>>
}

/** At most so many cheap local jobs of a pool are in the hands of the work thread at once. */
const LOCAL_IN_HAND = 512

/**
 * How many local jobs may be in hand together with this one. When a run took the thread down nobody knows which job did it, so
 * those that were lost come back with fewer beside them, and at last alone.
 */
const mostBeside = (job: { errors: string }) => Math.max(1, LOCAL_IN_HAND >> (5 * timesLost(job)))

/** With more than this in hand, none of them was ever lost: see `mostBeside`. */
const FEW = LOCAL_IN_HAND >> 5

/** At most so many jobs are set aside in one commit; the rest follows at once. */
const MOST_SET_ASIDE = 500

interface Claimed {
  claimed: ClaimedJob[]
  /** More has to be set aside than fits into one commit. */
  isThereMore: boolean
}

/**
 * Hands out ready jobs, best first.
 *
 * INVARIANTS
 * - A job with an outside effect is claimed only into a free slot; a local one needs none, so what money bought never waits
 *   for a far end that is silent.
 * - Of the jobs of a lane one runs at a time, unless it is the lane of a target that answers quickly.
 * - A local job that was lost twice is the only one in hand.
 */
export class Claims {
  readonly #db: Db
  readonly #kinds: JobKinds
  readonly #holds: Holds
  readonly #owner: number
  readonly #nowMs: () => number
  readonly #pools: Readonly<Record<PoolName, PoolKinds>>

  constructor({ db, kinds, boot, nowMs }: QueueParts, holds: Holds) {
    this.#db = db
    this.#kinds = kinds
    this.#holds = holds
    this.#owner = boot
    this.#nowMs = nowMs
    this.#pools = {
      hotspot: poolOf(kinds, 'hotspot'),
      payments: poolOf(kinds, 'payments'),
      general: poolOf(kinds, 'general'),
    }
  }

  /** `running`: before this commit's claims; `holding`: something keeps jobs back now. */
  of(pool: PoolName, slots: number, running: ReturnType<typeof countRunning>, holding: boolean): Claimed {
    if (slots === 0) return { claimed: [], isThereMore: false }
    const { local, lanes } = this.#pools[pool]
    const inPool = running.filter((kind) => kind.pool === pool)
    const jobsIn = (lane: 0 | 1) => inPool.reduce((sum, kind) => sum + (kind.local === lane ? kind.jobs : 0), 0)
    const own = this.#best(pool, LOCAL_IN_HAND - jobsIn(1), holding, (limit) =>
      local.length === 0 ? [] : this.#locals(pool, limit),
    )
    const narrow = lanes.filter(({ target }) => target === undefined || !this.#holds.isQuick(target))
    const taken = new Set(narrow.filter(({ names }) => inPool.some(({ name }) => names.includes(name))))
    const outside = this.#best(
      pool,
      slots - jobsIn(0),
      holding,
      (limit) => bestReady(this.#db, pool, 0, limit, taken.size === 0 ? undefined : this.#passing(pool, [...taken])),
      ({ name }) => {
        const lane = narrow.find(({ names }) => names.includes(name))
        if (!lane) return true
        const isFirst = !taken.has(lane)
        taken.add(lane)
        return isFirst
      },
    )
    return { claimed: [...own.claimed, ...outside.claimed], isThereMore: own.isThereMore || outside.isThereMore }
  }

  /** Keeps the claim from looking at every job that waits for a taken lane: a queue whose kinds all do is left out as a whole. */
  #passing(pool: PoolName, lanes: readonly Lane[]): PassedOver {
    const waiting = lanes.flatMap(({ names }) => names)
    const { outside } = this.#pools[pool]
    const whole = [...outside].flatMap(([queue, names]) => (names.every((name) => waiting.includes(name)) ? queue : []))
    return {
      queues: whole,
      names: waiting.filter((name) => !whole.some((queue) => outside.get(queue)?.includes(name))),
    }
  }

  /** Into a hand in which there is room for `limit`: as many of the best as every one of them bears beside it. */
  #locals(pool: PoolName, limit: number): ReadyJob[] {
    const inHand = LOCAL_IN_HAND - limit
    const now = inHand > 0 && inHand <= FEW ? localRunning(this.#db, pool) : []
    let most = Math.min(LOCAL_IN_HAND, ...now.map(mostBeside))
    const ready = bestReady(this.#db, pool, 1, Math.max(0, most - inHand))
    const end = ready.findIndex((job, place) => {
      most = Math.min(most, mostBeside(job))
      return inHand + place >= most
    })
    return end < 0 ? ready : ready.slice(0, end)
  }

  /** Claims the best of what `ready` gives for so much room, without what is kept back. `mayGo` is asked last: what it lets go is taken. */
  #best(
    pool: PoolName,
    room: number,
    holding: boolean,
    ready: (limit: number) => ReadyJob[],
    mayGo: (job: ReadyJob) => boolean = () => true,
  ): Claimed {
    const claimed: ClaimedJob[] = []
    for (let setAside = 0; claimed.length < room; ) {
      const candidates = ready(room - claimed.length)
      if (candidates.length === 0) break
      const taken = candidates.filter((job) => {
        const hold = holding || this.#kinds.get(job.name)?.definition.rate ? this.#holds.keepsBack(job) : undefined
        if (hold === undefined) return mayGo(job)
        holdJob(this.#db, job.id, hold)
        setAside += 1
        return false
      })
      claimed.push(...this.#take(taken, pool))
      if (setAside >= MOST_SET_ASIDE) return { claimed, isThereMore: true }
    }
    return { claimed, isThereMore: false }
  }

  #take(jobs: readonly ReadyJob[], pool: PoolName): ClaimedJob[] {
    if (jobs.length > 0) {
      const ids = jobs.map(({ id }) => id)
      claimJobs(this.#db, ids, this.#owner, this.#nowMs())
    }
    return jobs.map(({ id, epoch, queue, name, payload, attempt, progress }) => ({
      jobId: id,
      epoch: epoch + 1,
      pool,
      queue: queue as QueueName,
      name,
      payload: JSON.parse(payload),
      attempt: attempt + 1,
      progress: JSON.parse(progress),
    }))
  }
}

/** Kinds of jobs of which only one runs at a time. */
interface Lane {
  /** While it answers quickly they need no lane. */
  target: string | undefined
  names: readonly string[]
}

/** The kinds of a pool: cheap local ones, those with an outside effect by their queue, and the lanes among these. */
interface PoolKinds {
  local: readonly string[]
  outside: ReadonlyMap<QueueName, readonly string[]>
  lanes: readonly Lane[]
}

function poolOf(kinds: JobKinds, pool: PoolName): PoolKinds {
  const own = [...kinds].filter(([, { queue }]) => queues[queue].pool === pool)
  const namesOf = (some: typeof own) => some.map(([name]) => name)
  const outside = own.filter(([, { definition }]) => !definition.local)
  const lanes = Map.groupBy(
    outside.filter(([, { definition }]) => definition.alone),
    ([, { definition }]) => definition.alone,
  )
  return {
    local: namesOf(own.filter(([, { definition }]) => definition.local)),
    outside: new Map(
      [...Map.groupBy(outside, ([, { queue }]) => queue)].map(([queue, some]) => [queue, namesOf(some)]),
    ),
    lanes: [...lanes].map(([alone, some]) => ({ target: alone === true ? undefined : alone, names: namesOf(some) })),
  }
}
