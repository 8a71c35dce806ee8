import { setTimeout as sleep } from 'node:timers/promises'
import { MlangoError } from '../errors.ts'
import { type Command, idWord, readWords, WrongUsage } from './command.ts'
import { type Daemon, openDaemon } from './daemon.ts'
import { print } from './print.ts'
import type { JobAnswer } from './queue.ts'
import { siteTime } from './site-time.ts'

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
    if (until !== undefined && !isMoment(until))
      throw new WrongUsage(`--until is ${until}; it takes a time such as 2027-01-31T18:00:00Z.`)
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

const isMoment = (text: string) =>
  /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))

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
    return outcome === 'failed' || outcome === STILL_RUNNING ? 1 : 0
  },
}

/** Longer than any job may take. */
export const LONGEST_RUN_MS = 620_000
const LOOK_MS = 100
const STILL_RUNNING = 'still running'

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
  return STILL_RUNNING
}

async function jobOf(daemon: Daemon, jobId: number): Promise<JobAnswer | undefined> {
  try {
    return (await daemon.call('GET', `/api/jobs/${jobId}`)) as JobAnswer
  } catch (thrown) {
    if (thrown instanceof MlangoError && thrown.code === 'job-unknown') return undefined
    throw thrown
  }
}

export const queueVerbCommands = [retry, forget, flush, pause, resume, cancel, runNow, work]
