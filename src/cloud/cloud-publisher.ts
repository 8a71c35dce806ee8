import type { Clock } from '../clock.ts'
import type { JournalEntry } from '../flow/events.ts'
import type { Log } from '../log.ts'
import { parseAck } from './ack-message.ts'
import type { BrokerSettings } from './broker-stream.ts'
import { openCloudConnection } from './cloud-connection.ts'
import { openCursorSaver } from './cursor-saver.ts'
import { openJournalPump } from './journal-pump.ts'
import { openLinkNews } from './link-news.ts'
import type { RelayInbox } from './relay-inbox.ts'
import { SendWindow } from './send-window.ts'
import { openSummaries } from './summaries.ts'

interface CloudPublisherOptions {
  settings: BrokerSettings & { ack: 'broker' | 'end-to-end' }
  siteId: string
  version: string
  epoch: string
  clock: Clock
  log: Log
  /** Entries after `afterSeq`, oldest first. */
  readJournal(afterSeq: number, limit: number): JournalEntry[]
  lastSeq(): number
  /** Where the last run left off. */
  cursorSeq(): number
  saveCursor(seq: number): Promise<unknown>
  /** Told when the link is up, and when it has been gone for a while; never for a short cut. */
  linkChanged(connected: boolean): void
  /** Takes M-PESA's messages that a public relay passes on; none when left out. */
  relay?: RelayInbox | undefined
  /** What time it was in the cloud when it spoke: it may have been long on its way. */
  timeHeard?: (atMs: number) => void
  /** What the `summary` topic says every minute, in snake_case; none when left out. */
  summary?: () => Record<string, unknown>
}

export interface CloudPublisher {
  readonly state: { readonly connected: boolean }
  /** Entries that the cloud does not have yet. */
  backlog(): number
  /** Something was recorded. */
  wake(): void
  start(): void
  /** Says goodbye and saves where we are; done within 2 s. */
  stop(): Promise<void>
}

const GOODBYE_MS = 1_000
const LAST_SAVE_MS = 1_000

/** The way of the journal to the cloud: the journal is the outbox, the cursor says what the cloud has. */
export function openCloudPublisher(options: CloudPublisherOptions): CloudPublisher {
  const { settings, siteId, version, epoch, clock, log, relay } = options
  const prefix = `mlango/v1/${siteId}`
  const ackTopics = settings.ack === 'end-to-end' ? [`${prefix}/ack`] : []
  const below = (topic: string) => `${prefix}/${topic}`
  const mpesaTopics = relay?.topics.map(below) ?? []
  const headOfficeTopics = relay?.headOfficeTopics.map(below) ?? []
  const relayTopics = [...mpesaTopics, ...headOfficeTopics]
  const state = { connected: false }
  const startSeq = Math.min(options.cursorSeq(), options.lastSeq())
  if (options.cursorSeq() > startSeq) log.error({ startSeq }, 'the cursor of the cloud is ahead of the journal')
  const window = new SendWindow({ ackedSeq: startSeq, ack: settings.ack })
  const cursor = openCursorSaver({ savedSeq: startSeq, save: options.saveCursor, clock, log })
  const news = openLinkNews(clock, options.linkChanged)
  const summaries = openSummaries({ clock, log, topic: `${prefix}/summary`, summary: options.summary })
  const pump = openJournalPump({
    clock,
    log,
    siteId,
    epoch,
    topic: `${prefix}/events`,
    window,
    readJournal: options.readJournal,
    onProgress: () => cursor.note(window.ackedSeq),
  })
  const connection = openCloudConnection({
    settings,
    clientId: siteId,
    clock,
    log,
    statusTopic: `${prefix}/status`,
    status: (said, sinceMs) =>
      JSON.stringify({
        state: said,
        version,
        epoch,
        last_seq: options.lastSeq(),
        since: new Date(sinceMs).toISOString(),
      }),
    topics: [...ackTopics, ...mpesaTopics],
    optionalTopics: headOfficeTopics,
    keepsSession: relayTopics.length > 0,
    onUp(link) {
      state.connected = true
      pump.attach(link)
      summaries.attach(link)
      news.up()
    },
    onMessage(topic, payload, ack) {
      if (relay && relayTopics.includes(topic)) {
        relay.take(topic.slice(prefix.length + 1), payload, ack)
        return
      }
      ack()
      if (ackTopics.includes(topic)) takeAck(payload)
    },
    onDown() {
      state.connected = false
      relay?.forget()
      summaries.detach()
      pump.detach()
      news.down()
    },
  })

  function takeAck(payload: Buffer): void {
    const ack = parseAck(payload)
    if (ack?.time !== undefined) options.timeHeard?.(Date.parse(ack.time))
    if (!ack) {
      log.warn({ bytes: payload.length }, 'the cloud said something that is no acknowledgement')
    } else if (ack.epoch !== epoch) {
      log.debug({ epoch: ack.epoch }, 'an acknowledgement of another epoch')
    } else if (window.confirmed(ack.seq, clock.nowMs())) {
      cursor.note(window.ackedSeq)
      pump.wake()
    } else {
      log.warn({ seq: ack.seq }, 'the cloud acknowledged what was never sent')
    }
  }

  return {
    state,
    backlog: () => Math.max(0, options.lastSeq() - window.ackedSeq),
    wake: () => pump.wake(),
    start: () => connection.start(),
    async stop() {
      pump.stop()
      await connection.stop(GOODBYE_MS)
      news.stop()
      const { promise: tooLate, resolve } = Promise.withResolvers<void>()
      const cancel = clock.after(LAST_SAVE_MS, resolve)
      await Promise.race([cursor.flush(), tooLate])
      cancel()
      cursor.stop()
    },
  }
}
