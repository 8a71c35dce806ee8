import { mkdirSync } from 'node:fs'
import type { ConfigSource } from './config.ts'
import { backupDirectoryIn, databaseFileIn } from './data-files.ts'
import { type Facts, openFacts } from './flow/facts.ts'
import { type GaugeBoard, openGaugeBoard } from './metrics/gauges.ts'
import { type CommitCount, openCommitCount } from './store/snapshot.ts'
import { type StoreWorker, startStoreWorker } from './store-worker.ts'

/** The store thread on its way, and what the other threads share with it. */
export interface OpeningStore {
  databaseFile: string
  facts: Facts
  gauges: GaugeBoard
  commits: CommitCount
  /** Rejects with the MlangoError that says why the file cannot be used. */
  worker: Promise<StoreWorker>
}

/**
 * The first thing that the daemon does: everything else waits for the file, and its thread can read its code while the main
 * thread reads the rest. `onDeath`: it ended by itself, and nothing can be stored any more.
 */
export function openStore(source: ConfigSource, onDeath: (reason: string) => void): OpeningStore {
  const { storage, site, log } = source.read({})
  const dataDir = storage.data_dir
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const databaseFile = databaseFileIn(dataDir)
  const facts = openFacts()
  const gauges = openGaugeBoard()
  const commits = openCommitCount()
  const start = {
    ...{ databaseFile, backupDirectory: backupDirectoryIn(dataDir), configuredSiteId: site.id, logLevel: log.level },
    ...{ gauges, commits },
  }
  const worker = startStoreWorker({ start, onFacts: facts.publish, onDeath })
  // Whoever waits for it is told; until then nobody does.
  worker.catch(() => {})
  return { databaseFile, facts, gauges, commits, worker }
}
