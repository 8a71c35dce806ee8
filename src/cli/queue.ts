import { setTimeout as sleep } from 'node:timers/promises'
import { MlangoError } from '../errors.ts'
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
    wait_p50_ms: number | null
    wait_p99_ms: number | null
    run_p50_ms: number | null
    run_p99_ms: number | null
  }[]
  targets_down: { target: string; reason: string; since: string; next_try_at: string | null; held: number }[]
  pools: { name: string; workers: number; busy: number }[]
  jobs_per_second: number
}
interface JobAnswer {
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
        .filter((queue) => queue.paused_until !== null)
        .map((queue) => `${queue.name} is paused until ${time(queue.paused_until)}.`),
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

const retry: Command = {
  name: 'queue retry',
  usage: 'ID | --all [--queue Q] [--job J]',
  summary: 'run failed jobs again',
  async run(words) {
    const all = words.includes('--all')
    const { options, positionals } = readWords(
      words,
      { all: 'boolean', queue: 'string', job: 'string' },
      all ? [] : ['ID'],
    )
    const daemon = openDaemon(options.config)
    if (!all) {
      if (options.queue !== undefined || options.job !== undefined)
        throw new WrongUsage('--queue and --job go with --all.')
      const answer = await daemon.call('POST', `/api/jobs/${idWord(positionals[0])}/retry`)
      print(options.json, answer, () => ['The job runs again.'])
      return 0
    }
    const filter = { ...(options.queue && { queue: options.queue }), ...(options.job && { name: options.job }) }
    const answer = (await daemon.call('POST', '/api/jobs/retry', { all: true, ...filter })) as { retried: number }
    print(options.json, answer, () => [`${answer.retried} jobs run again.`])
    return 0
  },
}

const forget: Command = {
  name: 'queue forget',
  usage: 'ID',
  summary: 'delete one failed job',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    await openDaemon(options.config).call('DELETE', `/api/jobs/${idWord(positionals[0])}`)
    print(options.json, { ok: true }, () => ['Forgotten.'])
    return 0
  },
}

const flush: Command = {
  name: 'queue flush',
  usage: '',
  summary: 'delete every failed job',
  async run(words) {
    const { options } = readWords(words, {})
    const answer = (await openDaemon(options.config).call('DELETE', '/api/jobs')) as { forgotten: number }
    print(options.json, answer, () => [`${answer.forgotten} jobs forgotten.`])
    return 0
  },
}

const pause: Command = {
  name: 'queue pause',
  usage: 'QUEUE [--until TIME] [--reason TEXT]',
  summary: 'start no job of a queue, until a time or until it is resumed',
  async run(words) {
    const { options, positionals } = readWords(words, { until: 'string', reason: 'string' }, ['QUEUE'])
    const { until, reason } = options
    const body = { ...(until !== undefined && { until }), ...(reason !== undefined && { reason }) }
    const path = `/api/queue/${idWord(positionals[0])}/pause`
    const daemon = openDaemon(options.config)
    const answer = (await daemon.call('POST', path, body)) as { paused_until: string | null }
    const time = await siteTime(daemon)
    const end = answer.paused_until === null ? 'until it is resumed' : `until ${time(answer.paused_until)}`
    print(options.json, answer, () => [`${positionals[0]} is paused ${end}.`])
    return 0
  },
}

const resume: Command = {
  name: 'queue resume',
  usage: 'QUEUE',
  summary: 'let a paused queue go on',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['QUEUE'])
    const answer = await openDaemon(options.config).call('POST', `/api/queue/${idWord(positionals[0])}/resume`)
    print(options.json, answer, () => [`${positionals[0]} goes on.`])
    return 0
  },
}

const cancel: Command = {
  name: 'queue cancel',
  usage: 'ID',
  summary: 'end a job that waits or runs, for good',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const path = `/api/jobs/${idWord(positionals[0])}/cancel`
    const answer = (await openDaemon(options.config).call('POST', path)) as { outcome: 'cancelled' | 'stopping' }
    print(options.json, answer, () => [
      answer.outcome === 'cancelled' ? 'Cancelled.' : 'It runs; it has been told to stop.',
    ])
    return 0
  },
}

const runNow: Command = {
  name: 'queue run',
  usage: 'ID',
  summary: 'run a waiting job now, whatever its time and whatever holds it',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['ID'])
    const answer = await openDaemon(options.config).call('POST', `/api/jobs/${idWord(positionals[0])}/run`)
    print(options.json, answer, () => ['It runs as soon as a worker is free.'])
    return 0
  },
}

const work: Command = {
  name: 'queue work',
  usage: '--once',
  summary: 'run the next job now, and say how it ended',
  async run(words) {
    const { options } = readWords(words, { once: 'boolean' })
    if (!options.once) throw new WrongUsage('The daemon works all the time; --once runs the next job now.')
    const daemon = openDaemon(options.config)
    const { job_id: jobId } = (await daemon.call('POST', '/api/queue/run-next')) as { job_id: number | null }
    if (jobId === null) {
      print(options.json, { job_id: null }, () => ['No job waits.'])
      return 0
    }
    const outcome = await endOf(daemon, jobId)
    print(options.json, { job_id: jobId, outcome }, () => [`Job ${jobId}: ${outcome}.`])
    return outcome === 'failed' ? 1 : 0
  },
}

/** Longer than any job may take. */
const LONGEST_RUN_MS = 120_000
const LOOK_MS = 100

/** Of a flood of done jobs not all are kept: gone means done. */
async function endOf(daemon: Daemon, jobId: number): Promise<string> {
  for (let waitedMs = 0; waitedMs < LONGEST_RUN_MS; waitedMs += LOOK_MS) {
    const job = await jobOf(daemon, jobId)
    if (job === undefined) return 'done'
    if (job.state === 'done') return job.outcome ?? 'done'
    if (job.state === 'failed') return 'failed'
    if (job.state === 'scheduled' || job.state === 'held') return 'again later'
    await sleep(LOOK_MS)
  }
  return 'still running'
}

async function jobOf(daemon: Daemon, jobId: number): Promise<JobAnswer | undefined> {
  try {
    return (await daemon.call('GET', `/api/jobs/${jobId}`)) as JobAnswer
  } catch (thrown) {
    if (thrown instanceof MlangoError && thrown.code === 'job-unknown') return undefined
    throw thrown
  }
}

export const queueCommands = [stats, list, failed, show, retry, forget, flush, pause, resume, cancel, runNow, work]
