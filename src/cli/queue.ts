import { setTimeout as sleep } from 'node:timers/promises'
import { MlangoError } from '../errors.ts'
import { type Command, idWord, readWords, WrongUsage } from './command.ts'
import { type Daemon, openDaemon } from './daemon.ts'
import { print, table } from './print.ts'

interface QueueAnswer {
  queues: {
    name: string
    priority: number
    pool: string
    ready: number
    running: number
    scheduled: number
    failed: number
    oldest_ready_ms: number | null
  }[]
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
}

const stats: Command = {
  name: 'queue stats',
  usage: '[--json]',
  summary: 'the twelve queues and their pools',
  async run(words) {
    const { options } = readWords(words, {})
    const answer = (await openDaemon(options.config).call('GET', '/api/queue')) as QueueAnswer
    print(options.json, answer, () => [
      ...table(
        ['#', 'queue', 'pool', 'ready', 'running', 'scheduled', 'failed', 'oldest ms'],
        answer.queues.map((queue) => [
          queue.priority,
          queue.name,
          queue.pool,
          queue.ready,
          queue.running,
          queue.scheduled,
          queue.failed,
          queue.oldest_ready_ms,
        ]),
      ),
      '',
      ...table(
        ['pool', 'workers', 'busy'],
        answer.pools.map((pool) => [pool.name, pool.workers, pool.busy]),
      ),
      '',
      `${answer.jobs_per_second} jobs/s over the last minute`,
    ])
    return 0
  },
}

const failed: Command = {
  name: 'queue failed',
  usage: '[--queue Q] [--job J] [--json]',
  summary: 'jobs that nobody tries again',
  async run(words) {
    const { options } = readWords(words, { queue: 'string', job: 'string' })
    const query = new URLSearchParams({ state: 'failed', limit: '200' })
    if (options.queue !== undefined) query.set('queue', options.queue)
    if (options.job !== undefined) query.set('name', options.job)
    const answer = (await openDaemon(options.config).call('GET', `/api/jobs?${query}`)) as { items: JobAnswer[] }
    print(options.json, answer.items, () =>
      answer.items.length === 0
        ? ['Nothing has failed.']
        : table(
            ['id', 'queue', 'job', 'tries', 'failed at', 'reason'],
            answer.items.map((job) => [
              job.id,
              job.queue,
              job.name,
              job.attempts,
              job.failed_at,
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
    const { options, positionals } = readWords(words, {}, 1)
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
    const { options, positionals } = readWords(words, { all: 'boolean', queue: 'string', job: 'string' }, all ? 0 : 1)
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
    const { options, positionals } = readWords(words, {}, 1)
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

/** A job that is done is not kept: gone means done. */
async function endOf(daemon: Daemon, jobId: number): Promise<string> {
  for (let waitedMs = 0; waitedMs < LONGEST_RUN_MS; waitedMs += LOOK_MS) {
    const job = await jobOf(daemon, jobId)
    if (job === undefined) return 'done'
    if (job.state === 'failed') return 'failed'
    if (job.state === 'scheduled') return 'again later'
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

export const queueCommands = [stats, failed, show, retry, forget, flush, work]
