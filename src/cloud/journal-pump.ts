import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { JournalEntry } from '../flow/events.ts'
import type { Log } from '../log.ts'
import { type Batch, packBatch } from './batch.ts'
import { lost } from './link-end.ts'
import type { MqttLink } from './mqtt-link.ts'
import type { SendWindow, SentBatch } from './send-window.ts'

interface JournalPumpOptions {
  clock: Clock
  log: Log
  siteId: string
  epoch: string
  topic: string
  window: SendWindow
  readJournal(afterSeq: number, limit: number): JournalEntry[]
  /** The window's `ackedSeq` may have moved. */
  onProgress(): void
}

export interface JournalPump {
  attach(link: MqttLink): void
  detach(): void
  /** Sends nothing more; what is on its way still counts when it is acknowledged. */
  stop(): void
  /** There may be something to send. Cheap: called for every fact. */
  wake(): void
}

const LARGEST_BATCH = 500
const LARGEST_BATCH_BYTES = 96 * 1024
/** Topic and properties of a PUBLISH around the payload, generously. */
const PACKET_OVERHEAD_BYTES = 1_024
const WINDOW = 16
/**
 * Between two batches: gathers what happens together, gives the thread back to RADIUS and the portal, and keeps us at 50 messages
 * a second, half of what the strictest known broker allows.
 */
const PACE_MS = 20
/** Nothing polls; this is the net under it. */
const NET_MS = 30_000
const SHORTEST_TROUBLE_MS = 1_000
const LONGEST_TROUBLE_MS = 5 * 60_000

/** Reads the journal after what was sent and sends it in full batches, as far as the window allows: one step per `PACE_MS`. */
export function openJournalPump(options: JournalPumpOptions): JournalPump {
  const { clock, log, window, readJournal } = options
  let link: MqttLink | undefined
  let limit = LARGEST_BATCH
  let troubles = 0
  let stopped = false
  let pending: 'none' | 'soon' | 'later' | 'trouble' = 'none'
  let cancelTimer = () => {}

  function schedule(kind: 'soon' | 'later' | 'trouble', delayMs: number): void {
    if (!link || stopped) return
    cancelTimer()
    pending = kind
    cancelTimer = clock.after(delayMs, takeStep)
  }

  /** A step that is due soon stays; trouble is waited out, however much is recorded meanwhile. */
  function wake(): void {
    if (pending !== 'soon' && pending !== 'trouble') schedule('soon', PACE_MS)
  }

  function takeStep(): void {
    pending = 'none'
    if (!link) return
    try {
      if (resendOldest(link) || sendNext(link)) {
        limit = LARGEST_BATCH
        troubles = 0
        wake()
      } else {
        const { waiting } = window
        schedule('later', waiting ? Math.max(PACE_MS, window.waitMs(waiting, clock.nowMs())) : NET_MS)
      }
    } catch (thrown) {
      // Around a damaged entry the journal is read in smaller and smaller pieces, so that all before it still goes out.
      limit = Math.max(1, limit >> 1)
      troubles += 1
      const waitMs = Math.min(LONGEST_TROUBLE_MS, SHORTEST_TROUBLE_MS * 2 ** Math.min(troubles - 1, 16))
      log.error({ err: asError(thrown), afterSeq: window.sentSeq, waitMs }, 'the journal cannot be read for the cloud')
      schedule('trouble', waitMs)
    }
  }

  function sendNext(to: MqttLink): boolean {
    if (!to.hasRoom || window.size >= WINDOW || window.isRefused) return false
    const batch = pack(to, readJournal(window.sentSeq, limit))
    if (!batch) return false
    send(to, batch, window.add(batch, clock.nowMs()))
    return true
  }

  function resendOldest(to: MqttLink): boolean {
    const { waiting } = window
    if (!to.hasRoom || !waiting || window.waitMs(waiting, clock.nowMs()) > 0) return false
    const entries = readJournal(waiting.firstSeq - 1, waiting.lastSeq - waiting.firstSeq + 1)
    const batch = pack(to, entries)
    if (!batch) return false
    window.resent(waiting, clock.nowMs())
    send(to, batch, waiting)
    return true
  }

  const pack = (to: MqttLink, entries: JournalEntry[]): Batch | undefined =>
    packBatch(entries, {
      siteId: options.siteId,
      epoch: options.epoch,
      maximumBytes: Math.min(LARGEST_BATCH_BYTES, to.maximumPacketBytes - PACKET_OVERHEAD_BYTES),
    })

  function send(to: MqttLink, { payload }: Batch, batch: SentBatch): void {
    void to.publish(options.topic, payload).then((result) => {
      if (link !== to) return
      // A link that loses a publish and stays would keep its place for ever.
      if (result.outcome === 'lost') return to.drop(lost('a publish went missing'))
      if (result.outcome === 'acked') window.taken(batch, clock.nowMs())
      if (result.outcome === 'refused') {
        window.refused(batch, clock.nowMs())
        const { firstSeq, lastSeq, sends } = batch
        log.warn(
          { firstSeq, lastSeq, sends, reason: result.reason },
          'the broker refused a batch; it will be sent again',
        )
      }
      options.onProgress()
      wake()
    })
  }

  function cancelStep(): void {
    cancelTimer()
    pending = 'none'
  }

  return {
    attach(to) {
      link = to
      troubles = 0
      schedule('soon', 0)
    },
    detach() {
      link = undefined
      cancelStep()
      window.reset()
    },
    stop() {
      stopped = true
      cancelStep()
    },
    wake,
  }
}
