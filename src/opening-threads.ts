import { Worker } from 'node:worker_threads'
import type { ConfigSource } from './config.ts'
import { backupDirectoryIn, databaseFileIn, makeDataDir } from './data-files.ts'
import { type Facts, openFacts } from './flow/facts.ts'
import { type GaugeBoard, openGaugeBoard } from './metrics/gauges.ts'
import { type CommitCount, openCommitCount } from './store/shared-reads.ts'
import { type StoreWorker, startStoreWorker } from './store-worker.ts'

/** The two threads on their way, and what all three share. */
export interface OpeningThreads {
  databaseFile: string
  facts: Facts
  gauges: GaugeBoard
  commits: CommitCount
  /** Rejects with the MlangoError that says why the file cannot be used. */
  store: Promise<StoreWorker>
  /** It reads its code, and then waits to be told what to work with. */
  work: Worker
}

/**
 * The first thing that the daemon does: reading the code is most of a start, and so each thread can do it at the same time.
 * `onDeath`: the store thread ended by itself, and nothing can be stored any more.
 */
export function openThreads(source: ConfigSource, onDeath: (reason: string) => void): OpeningThreads {
  const { storage, site, log } = source.read({})
  const dataDir = storage.data_dir
  makeDataDir(dataDir)
  const databaseFile = databaseFileIn(dataDir)
  const facts = openFacts()
  const gauges = openGaugeBoard()
  const commits = openCommitCount()
  const start = {
    ...{ databaseFile, backupDirectory: backupDirectoryIn(dataDir), configuredSiteId: site.id, logLevel: log.level },
    ...{ gauges, commits },
  }
  const store = startStoreWorker({ start, onFacts: facts.publish, onDeath })
  // Whoever waits for it is told; until then nobody does.
  store.catch(() => {})
  const work = openWorkThread()
  // When the start fails it must not keep the process.
  work.unref()
  return { databaseFile, facts, gauges, commits, store, work }
}

/** A thread that waits for its start. */
export const openWorkThread = (): Worker => new Worker(new URL('./work-thread.js', import.meta.url))
