import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { QueueServers } from './queue-servers.ts'
import type { QueueFigures, QueueWork } from './queue-work.ts'
import { openSlowDisk } from './slow-disk.ts'

const ROOT = new URL('../../../', import.meta.url).pathname

export type SubjectName =
  | 'mlango'
  | 'mlango-local'
  | 'plainjob'
  | 'bullmq'
  | 'graphile-tuned'
  | 'graphile'
  | 'pg-boss-tuned'
  | 'pg-boss'

interface Subject {
  /** For the table. */
  title: string
  file: string
  /** What its process is told beside the work and its directory. */
  words(servers: QueueServers): string[]
}

/** Each keeps what it has acknowledged through a power cut, so they may be compared. */
export const subjects: Record<SubjectName, Subject> = {
  mlango: {
    title: 'mlango, jobs with an outside effect',
    file: 'dist/scripts/bench/queue-mlango.js',
    words: () => ['outside'],
  },
  'mlango-local': { title: 'mlango, local jobs', file: 'dist/scripts/bench/queue-mlango.js', words: () => ['local'] },
  plainjob: { title: 'plainjob, FULL, poll 10 ms', file: 'scripts/bench/peers/plainjob.js', words: () => [] },
  bullmq: {
    title: 'BullMQ, Redis appendfsync always',
    file: 'scripts/bench/peers/bullmq.js',
    words: ({ redisSocket }) => [redisSocket],
  },
  'graphile-tuned': {
    title: 'graphile-worker, local queue 500, batched ends',
    file: 'scripts/bench/peers/graphile-worker.js',
    words: (servers) => [servers.newDatabase(), 'tuned'],
  },
  graphile: {
    title: 'graphile-worker, defaults',
    file: 'scripts/bench/peers/graphile-worker.js',
    words: (servers) => [servers.newDatabase(), 'default'],
  },
  'pg-boss-tuned': {
    title: 'pg-boss, 7 x batch 500, notify, burst',
    file: 'scripts/bench/peers/pg-boss.js',
    words: (servers) => [servers.newDatabase(), 'tuned'],
  },
  'pg-boss': {
    title: 'pg-boss, defaults',
    file: 'scripts/bench/peers/pg-boss.js',
    words: (servers) => [servers.newDatabase(), 'default'],
  },
}

/** Longer than any part may take: then the peer hangs. */
const PATIENCE_MS = 180_000

/** One piece of work in a process of its own, on an empty directory or database. Rejects when it ends without figures. */
export async function runSubject(
  name: SubjectName,
  work: QueueWork,
  { directory, servers, fsyncDelayMs }: { directory: string; servers: QueueServers; fsyncDelayMs: number | undefined },
): Promise<QueueFigures> {
  const subject = subjects[name]
  const own = mkdtempSync(join(directory, `${name}-`))
  const dataDir = join(own, 'data')
  mkdirSync(dataDir)
  const disk = fsyncDelayMs === undefined ? undefined : openSlowDisk({ dataDir, controlFile: join(own, 'delay-ms') })
  const words = subject.words(servers)
  disk?.setDelayMs(fsyncDelayMs ?? 0)
  servers.setDelayMs(fsyncDelayMs ?? 0)
  const child = fork(join(ROOT, subject.file), [JSON.stringify(work), dataDir, ...words], {
    execArgv: ['--enable-source-maps'],
    env: { PATH: process.env.PATH ?? '', ...disk?.environment },
  })
  const tooLong = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  try {
    return await new Promise<QueueFigures>((resolve, reject) => {
      let figures: QueueFigures | undefined
      child.once('message', (message) => {
        figures = message as QueueFigures
      })
      child.once('exit', (code) => {
        if (figures) resolve(figures)
        else reject(new Error(`${name} ended with ${code} and without figures`))
      })
    })
  } finally {
    clearTimeout(tooLong)
    servers.setDelayMs(0)
    rmSync(own, { recursive: true, maxRetries: 3 })
  }
}
