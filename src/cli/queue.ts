import { type Command, idWord, readWords, WrongUsage } from './command.ts'
import { type Daemon, openDaemon } from './daemon.ts'
import { print, table, tableOr } from './print.ts'
import { siteTime } from './site-time.ts'

interface QueueAnswer {
  queues: {
    name: string
    priority: number
    pool: string
    ready: number
    running: number
    scheduled: number
    failed: number
    held: number
    oldest_ready_ms: number | null
    paused: boolean
    paused_until: string | null
    paused_reason: string | null
    wait_p50_ms: number | null
    wait_p99_ms: number | null
    run_p50_ms: number | null
    run_p99_ms: number | null
  }[]
  targets_down: { target: string; reason: string; since: string; next_try_at: string | null; held: number }[]
  pools: { name: string; workers: number; busy: number }[]
  jobs_per_second: number
}
/** One job, as the daemon answers it. */
export interface JobAnswer {
  id: number
  name: string
  queue: string
  state: string
  attempts: number
  reason?: string
  failed_at?: string
  run_at?: string
  started_at?: string | null
  ended_at?: string
  outcome?: string
}

const NONE_FAILED = 'No job has failed.'

const STATES = ['ready', 'running', 'scheduled', 'held', 'failed', 'done']

const stats: Command = {
  name: 'queue stats',
  usage: '[--json]',
  summary: 'the twelve queues and their pools',
  async run(words) {
    const { options } = readWords(words, {})
    const daemon = openDaemon(options.config)
    const answer = (await daemon.call('GET', '/api/queue')) as QueueAnswer
    const time = await siteTime(daemon)
    print(options.json, answer, () => [
      ...table(
        ['#', 'queue', 'ready', 'running', 'later', 'held', 'failed', 'oldest', 'waited', 'ran', ''],
        answer.queues.map((queue) => [
          queue.priority,
          queue.name,
          queue.ready,
          queue.running,
          queue.scheduled,
          queue.held,
          queue.failed,
          duration(queue.oldest_ready_ms),
          duration(queue.wait_p99_ms),
          duration(queue.run_p99_ms),
          queue.paused ? 'paused' : '',
        ]),
      ),
      ...answer.queues
        .filter((queue) => queue.paused_until !== null || queue.paused_reason !== null)
        .map(({ name, paused_until: until, paused_reason: reason }) => {
          const end = until === null ? 'it is resumed' : time(until)
          return `${name} is paused until ${end}${reason === null ? '.' : `: ${reason}`}`
        }),
      '',
      ...table(
        ['pool', 'workers', 'busy'],
        answer.pools.map((pool) => [pool.name, pool.workers, pool.busy]),
      ),
      '',
      ...answer.targets_down.flatMap((down) => [
        `${down.target} is down since ${time(down.since)}; next try ${time(down.next_try_at)}; ${down.held} jobs wait for it:`,
        `  ${down.reason}`,
        '',
      ]),
      `${answer.jobs_per_second} jobs/s over the last minute; 99 of 100 jobs waited and ran no longer than this`,
    ])
    return 0
  },
}

function duration(ms: number | null): string {
  if (ms === null) return '-'
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 100_000) return `${(ms / 1_000).toFixed(1)} s`
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
}

const list: Command = {
  name: 'queue list',
  usage: '--state STATE [--queue Q] [--job J] [--json]',
  summary: 'jobs that are ready, running, scheduled, held, failed or done; at most 200',
  async run(words) {
    const { options } = readWords(words, { state: 'string', queue: 'string', job: 'string' })
    if (options.state === undefined || !STATES.includes(options.state)) {
      throw new WrongUsage(`--state takes one of ${STATES.join(', ')}.`)
    }
    const daemon = openDaemon(options.config)
    const jobs = await jobsIn(daemon, options.state, options)
    const time = await siteTime(daemon)
    print(options.json, jobs, () =>
      tableOr(
        options.state === 'failed' ? NONE_FAILED : `No job is ${options.state}.`,
        ['id', 'queue', 'job', 'state', 'tries', 'when'],
        jobs.map((job) => [
          job.id,
          job.queue,
          job.name,
          job.outcome ?? job.state,
          job.attempts,
          time(job.ended_at ?? job.failed_at ?? job.started_at ?? job.run_at),
        ]),
      ),
    )
    return 0
  },
}

async function jobsIn(
  daemon: Daemon,
  state: string,
  { queue, job }: { queue?: string; job?: string },
): Promise<JobAnswer[]> {
  const query = new URLSearchParams({ state, limit: '200' })
  if (queue !== undefined) query.set('queue', queue)
  if (job !== undefined) query.set('name', job)
  return ((await daemon.call('GET', `/api/jobs?${query}`)) as { items: JobAnswer[] }).items
}

const failed: Command = {
  name: 'queue failed',
  usage: '[--queue Q] [--job J] [--json]',
  summary: 'jobs that nobody tries again',
  async run(words) {
    const { options } = readWords(words, { queue: 'string', job: 'string' })
    const daemon = openDaemon(options.config)
    const jobs = await jobsIn(daemon, 'failed', options)
    const time = await siteTime(daemon)
    print(options.json, jobs, () =>
      tableOr(
        NONE_FAILED,
        ['id', 'queue', 'job', 'tries', 'failed at', 'reason'],
        jobs.map((job) => [
          job.id,
          job.queue,
          job.name,
          job.attempts,
          time(job.failed_at),
          (job.reason ?? '').split('\n')[0],
        ]),
      ),
    )
    return 0
  },
}

const show: Command = {
  name: 'queue show',
  usage: 'ID [--json]',
  summary: 'one job with its payload and every error',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const job = await openDaemon(options.config).call('GET', `/api/jobs/${idWord(positionals[0])}`)
    print(options.json, job, () => [JSON.stringify(job, null, 2)])
    return 0
  },
}

export const queueLookCommands = [stats, list, failed, show]
