import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type RelayedMessage, readRelayed } from './relay-message.ts'

/** Resolves once it is on disk; `unknown-token` stores nothing. */
export type StoreRelayed = (message: RelayedMessage) => Promise<'stored' | 'unknown-token'>

export type RelayCounters = {
  stored: number
  unknownToken: number
  badSignature: number
  malformed: number
  /** Our own code could not take it, and never will. */
  failed: number
  /** Kept back for now: the disk took nothing. */
  notStored: number
}

export interface RelayInbox {
  /** M-PESA's, below the site's prefix. */
  readonly topics: readonly string[]
  /** Head office's. */
  readonly headOfficeTopics: readonly string[]
  readonly counters: Readonly<RelayCounters>
  take(topic: string, payload: Buffer, ack: () => void): void
  /** The link is gone: what was not acknowledged on it comes again on the next. */
  forget(): void
}

const FIRST_RETRY_MS = 2_000
const LONGEST_RETRY_MS = 5 * 60_000

/** The disk or the store, which may take it later; anything else fails the same way for ever. */
const isForNow = (thrown: unknown) =>
  thrown instanceof MlangoError && ['store-commit-failed', 'store-gone', 'store-stopped'].includes(thrown.code)

/**
 * What a public relay passes on of M-PESA's messages, each acknowledged only after it is on disk. What can never be taken
 * (forged, malformed, of no push of ours, or one at which our own code fails) is counted and acknowledged too, or the broker would bring it for ever.
 */
export function openRelayInbox(options: {
  relayKey: string
  clock: Clock
  log: Log
  stores: Record<string, StoreRelayed>
  /** A site whose broker does not let it read these sells all the same. */
  headOffice?: Record<string, StoreRelayed>
}): RelayInbox {
  const { relayKey, clock, log, headOffice = {} } = options
  const stores = { ...options.stores, ...headOffice }
  const counters: RelayCounters = { stored: 0, unknownToken: 0, badSignature: 0, malformed: 0, failed: 0, notStored: 0 }
  const retries = new Set<() => void>()
  /** Rises with every link that ended. */
  let link = 0

  async function keep(store: StoreRelayed, message: RelayedMessage, ack: () => void, waitMs: number): Promise<void> {
    const mine = link
    try {
      const outcome = await store(message)
      if (outcome === 'stored') counters.stored += 1
      else counters.unknownToken += 1
      ack()
    } catch (thrown) {
      if (!isForNow(thrown)) {
        counters.failed += 1
        log.error({ err: asError(thrown) }, 'a relayed message could not be taken and is given up')
        return ack()
      }
      counters.notStored += 1
      if (mine !== link) return
      log.error({ err: asError(thrown), waitMs }, 'a relayed message could not be stored yet')
      const cancel = clock.after(waitMs, () => {
        retries.delete(cancel)
        void keep(store, message, ack, Math.min(LONGEST_RETRY_MS, 2 * waitMs))
      })
      retries.add(cancel)
    }
  }

  return {
    topics: Object.keys(options.stores),
    headOfficeTopics: Object.keys(headOffice),
    counters,
    take(topic, payload, ack) {
      const reading = readRelayed(payload, relayKey)
      const store = stores[topic]
      if (reading.outcome === 'genuine' && store) {
        void keep(store, reading.message, ack, FIRST_RETRY_MS)
        return
      }
      if (reading.outcome === 'bad-signature') counters.badSignature += 1
      else counters.malformed += 1
      log.warn({ topic, outcome: reading.outcome, bytes: payload.length }, 'a relayed message was refused')
      ack()
    },
    forget() {
      link += 1
      for (const cancel of retries) cancel()
      retries.clear()
    },
  }
}
