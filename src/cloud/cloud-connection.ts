import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import { backoffMs } from './backoff.ts'
import { type BrokerSettings, brokerAddress, prepareStream } from './broker-stream.ts'
import { type LinkEnd, linkEndOf, lost } from './link-end.ts'
import { type MqttLink, openMqttLink, type ProtocolVersion } from './mqtt-link.ts'

interface CloudConnectionOptions {
  settings: BrokerSettings
  clientId: string
  clock: Clock
  log: Log
  statusTopic: string
  /** Payload of the status topic; `sinceMs` is the same in the will and in the birth of one link. */
  status(state: 'online' | 'offline', sinceMs: number): string
  /** Topics to listen to. A link on which the broker does not allow them counts as refused. */
  topics: readonly string[]
  /** Topics to listen to as well; a link without them is a good one, too. */
  optionalTopics: readonly string[]
  /** The broker keeps messages for us while we are away. */
  keepsSession: boolean
  /** The link is ready for use: it listens, and its birth is out. */
  onUp(link: MqttLink): void
  /** Comes again on the next link unless `ack` is called. */
  onMessage(topic: string, payload: Buffer, ack: () => void): void
  onDown(): void
}

export interface CloudConnection {
  start(): void
  /** Says goodbye within about `timeoutMs`. May be called twice. */
  stop(timeoutMs: number): Promise<void>
}

const GREETING_TIMEOUT_MS = 20_000
/** A link that held for so long was a good one: the next outage starts with short waits again. */
const STEADY_MS = 30_000

/** Keeps one link to the broker up: one attempt after the other, each with a fresh client, with growing random waits between. */
export function openCloudConnection(options: CloudConnectionOptions): CloudConnection {
  const { clock, log, statusTopic } = options
  const { host, username, password } = brokerAddress(options.settings)
  let protocolVersion: ProtocolVersion = 5
  let link: MqttLink | undefined
  let isUp = false
  let sinceMs = 0
  let failures = 0
  let stopped = false
  let lastReason: string | undefined
  let cancelTimer = () => {}

  async function attempt(): Promise<void> {
    sinceMs = clock.nowMs()
    try {
      const openStream = await prepareStream(options.settings)
      if (stopped) return
      link = openMqttLink({
        openStream,
        clientId: options.clientId,
        username,
        password,
        protocolVersion,
        will: { topic: statusTopic, payload: options.status('offline', sinceMs) },
        keepsSession: options.keepsSession,
        clock,
        onUp: () => void greet().catch((thrown) => link?.drop(linkEndOf(asError(thrown)))),
        onMessage: options.onMessage,
        onDown: ended,
      })
    } catch (thrown) {
      ended(linkEndOf(asError(thrown)))
    }
  }

  async function greet(): Promise<void> {
    const mine = link
    if (!mine) return
    cancelTimer = clock.after(GREETING_TIMEOUT_MS, () => mine.drop(lost('no answer after CONNECT')))
    for (const topic of options.topics) {
      if (await mine.subscribe(topic)) continue
      mine.drop({ kind: 'refused', reason: `the broker does not let us read ${topic}` })
      return
    }
    const unheard: string[] = []
    for (const topic of options.optionalTopics) {
      if (!(await mine.subscribe(topic))) unheard.push(topic)
    }
    const birth = await mine.publish(statusTopic, options.status('online', sinceMs), { retain: true })
    if (birth.outcome === 'lost' || stopped) return
    if (birth.outcome === 'refused') log.warn({ host, reason: birth.reason }, 'the broker refused our status')
    for (const topic of unheard)
      log.warn({ host, topic }, 'the broker does not let us read what head office says there')
    cancelTimer()
    isUp = true
    lastReason = undefined
    log.info({ host, protocolVersion }, 'the cloud is connected')
    cancelTimer = clock.after(STEADY_MS, () => {
      failures = 0
    })
    options.onUp(mine)
  }

  function ended(end: LinkEnd): void {
    link = undefined
    cancelTimer()
    const wasUp = isUp
    isUp = false
    if (wasUp) options.onDown()
    if (stopped) return
    if (end.kind === 'version') {
      protocolVersion = protocolVersion === 5 ? 4 : 5
      if (protocolVersion === 4) {
        log.info({ host }, 'the broker does not speak MQTT 5; using 3.1.1')
        void attempt()
        return
      }
    }
    failures += 1
    const waitMs = backoffMs(failures, end.kind)
    const entry = { host, kind: end.kind, reason: end.reason, failures, waitMs }
    // One line per kind of trouble, not one per attempt.
    if (wasUp || end.reason !== lastReason) log.warn(entry, 'the cloud is not connected')
    else log.debug(entry, 'the cloud is still not connected')
    lastReason = end.reason
    cancelTimer = clock.after(waitMs, () => void attempt())
  }

  async function sayGoodbye(timeoutMs: number): Promise<void> {
    const mine = link
    if (!mine) return
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const cancel = clock.after(timeoutMs / 2, () => resolve(undefined))
    const goodbye = isUp && mine.publish(statusTopic, options.status('offline', sinceMs), { retain: true })
    const answer = goodbye ? await Promise.race([goodbye, promise]) : undefined
    cancel()
    // Without a proper goodbye we leave without a word, so that the will speaks for us.
    if (answer?.outcome === 'acked') await mine.close(timeoutMs / 2)
    else mine.drop(lost('stopped'))
  }

  return {
    start: () => void attempt(),
    async stop(timeoutMs) {
      if (stopped) return
      stopped = true
      cancelTimer()
      await sayGoodbye(timeoutMs)
    },
  }
}
