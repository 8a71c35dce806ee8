import type { MessagePort } from 'node:worker_threads'
import { Worker } from 'node:worker_threads'
import { neverBefore } from './clock.ts'
import { isNetworkTime } from './clock-source.ts'
import { MlangoError } from './errors.ts'
import type { News } from './flow/facts.ts'
import type { PoolName } from './flow/queues.ts'
import type { StoreAlarm } from './store/alarm.ts'
import { connectStore, type StoreClient } from './store/client.ts'
import type { Site } from './store/site.ts'
import type { FromStore, StoreThreadStart, ToStore } from './thread-messages.ts'

/** The store thread, seen from the main thread. */
export interface StoreWorker {
  client: StoreClient
  site: Site
  /** This start's number. */
  boot: number
  /** What a person must look at now. */
  readonly alarms: readonly StoreAlarm[]
  /** Lets another thread send commands, and receive claimed jobs. */
  connect(port: MessagePort): void
  setSlots(slots: Record<PoolName, number>): void
  /** How much the journal may keep for the cloud; undefined when there is none. */
  boundBacklog(maxBytes: number | undefined): void
  /** Commits what waits and closes the file. */
  stop(): Promise<void>
}

/** RADIUS and the doors wait for the main thread. */
const ANSWERS_PER_TURN = 4

interface StoreWorkerOptions {
  start: StoreThreadStart
  /** After each commit, in order. */
  onFacts(news: News[]): void
  /** It ended by itself: nothing can be stored any more. */
  onDeath(reason: string): void
}

/** Resolves when the file is open, sound and migrated; rejects with the MlangoError that says why it is not. */
export function startStoreWorker({ start, onFacts, onDeath }: StoreWorkerOptions): Promise<StoreWorker> {
  const worker = new Worker(new URL('./store-thread.js', import.meta.url), { workerData: start })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const send = (message: ToStore, transfer: MessagePort[] = []) => worker.postMessage(message, transfer)
  let stopping = false
  let alarms: readonly StoreAlarm[] = []

  return new Promise((resolve, reject) => {
    const client = connectStore<FromStore>(
      worker,
      (message) => {
        switch (message.kind) {
          case 'ready':
            neverBefore(message.knownMs, isNetworkTime)
            resolve({
              client,
              boot: message.boot,
              get alarms() {
                return alarms
              },
              site: { ...message.site, tokenKey: Buffer.from(message.site.tokenKey) },
              connect: (port) => send({ kind: 'connect', port }, [port]),
              setSlots: (slots) => send({ kind: 'slots', slots }),
              boundBacklog: (maxBytes) => send({ kind: 'backlog', maxBytes }),
              async stop() {
                if (!stopping) send({ kind: 'stop' })
                stopping = true
                await ended
              },
            })
            return
          case 'alarms':
            alarms = message.alarms
            return
          case 'facts':
            onFacts(message.news)
            return
          case 'failed':
            stopping = true
            reject(new MlangoError(message.code, message.message))
            return
          case 'stopped':
            stopping = true
        }
      },
      { answersPerTurn: ANSWERS_PER_TURN },
    )
    const gone = (reason: string) => {
      client.abandon(reason)
      reject(new MlangoError('store-gone', reason))
      if (!stopping) onDeath(reason)
      stopping = true
    }
    worker.on('error', (error) => gone(`the store thread failed: ${error.stack ?? error.message}`))
    worker.on('exit', (code) => gone(`the store thread ended with code ${code}`))
  })
}
