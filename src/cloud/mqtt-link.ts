import type { Duplex } from 'node:stream'
import { MqttClient } from 'mqtt'
import type { Clock } from '../clock.ts'
import { intervalsOn } from './keepalive-timer.ts'
import { type LinkEnd, linkEndOf, lost } from './link-end.ts'

export type ProtocolVersion = 4 | 5

/** `acked`: the broker has it. `refused`: it said no. `lost`: it was not sent, or the link ended first and nobody knows. */
export type PublishOutcome = { outcome: 'acked' | 'lost' } | { outcome: 'refused'; reason: string }

export interface MqttLink {
  /** What the broker takes at most; known once the link is up. */
  readonly maximumPacketBytes: number
  /** Another publish may be under way without going over the broker's limit. */
  readonly hasRoom: boolean
  /** QoS 1. Sends at once on a link that is up and has room, else not at all: nothing is ever queued for later. */
  publish(topic: string, payload: string | Buffer, options?: { retain?: boolean }): Promise<PublishOutcome>
  /** QoS 1; false when the broker does not allow it or the link ended. */
  subscribe(topic: string): Promise<boolean>
  /** Cuts the link. Further calls do nothing. */
  drop(end: LinkEnd): void
  /** Says goodbye, so that the broker forgets the will; cuts the link after `timeoutMs`. */
  close(timeoutMs: number): Promise<void>
}

interface MqttLinkOptions {
  openStream: () => Duplex
  clientId: string
  username: string | undefined
  password: string | undefined
  protocolVersion: ProtocolVersion
  will: { topic: string; payload: string }
  /** The broker keeps what it has for us, under this client id, while we are away; else it forgets us with the link. */
  keepsSession?: boolean
  clock: Clock
  onUp(): void
  /** What the broker kept for us may come before `onUp`. It counts as received, and is not sent again, only once `ack` is called. */
  onMessage(topic: string, payload: Buffer, ack: () => void): void
  /** Exactly once, whatever happens first. */
  onDown(end: LinkEnd): void
}

const CONNECT_TIMEOUT_MS = 20_000
/** The client asks after this much silence and gives up after half as much again. */
const KEEPALIVE_SECONDS = 30
/** A broker that lives but acknowledges nothing for so long is no broker. At 96 KiB a batch this is 13 kbit/s of line. */
const PUBACK_TIMEOUT_MS = 60_000
/** A broker that speaks MQTT 5 forgets what it keeps for us after so long; one of 3.1.1 has a limit of its own. */
const SESSION_SECONDS = 7 * 24 * 3_600
/** So many messages may wait for our acknowledgement at once. */
const UNACKED_AT_MOST = 100
/** To MQTT.js an error means: go on with the next packet, and acknowledge nothing. */
const LATER = new Error('acknowledged later')

/** The same bytes in MQTT 3.1.1 and 5, where no reason code means success. */
const puback = (messageId: number) => Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff])

/**
 * One connection to the broker: connects at once, never reconnects.
 *
 * INVARIANTS, because MQTT.js loses or stalls what it queues itself: a fresh client for every link; `reconnectPeriod` 0 and
 * its own empty stores, so that nothing is replayed at `connect`; nothing published before `connect` or after the end. What
 * comes in is acknowledged by us, on the stream: MQTT.js would take one message at a time.
 */
export function openMqttLink(options: MqttLinkOptions): MqttLink {
  const { clock } = options
  const stream = options.openStream()
  let receiveMaximum = 65_535
  let maximumPacketBytes = 268_435_455
  let state: 'connecting' | 'up' | 'ended' = 'connecting'
  let serverSaid: string | undefined
  const unacked = new Set<(outcome: PublishOutcome) => void>()
  let cancelPubackWatch = () => {}
  /** What we have not acknowledged yet, as it came. */
  const received: { messageId: number; isTaken: boolean }[] = []

  const client = new MqttClient(() => stream, {
    clientId: options.clientId,
    protocolVersion: options.protocolVersion,
    clean: !options.keepsSession,
    ...(options.protocolVersion === 5 && {
      properties: {
        receiveMaximum: UNACKED_AT_MOST,
        ...(options.keepsSession && { sessionExpiryInterval: SESSION_SECONDS }),
      },
    }),
    reconnectPeriod: 0,
    resubscribe: false,
    manualConnect: true,
    // Ours comes first; this one is the net under it.
    connectTimeout: 2 * CONNECT_TIMEOUT_MS,
    keepalive: KEEPALIVE_SECONDS,
    timerVariant: intervalsOn(clock),
    // It would keep all 65,536 two-octet numbers, each as a buffer: seven megabytes.
    writeCache: false,
    will: { ...options.will, payload: Buffer.from(options.will.payload), qos: 1, retain: true },
    ...(options.username !== undefined && { username: options.username }),
    ...(options.password !== undefined && { password: options.password }),
  })
  const cancelConnectWatch = clock.after(CONNECT_TIMEOUT_MS, () => end(lost('no answer to CONNECT')))

  client.on('connect', (connack) => {
    if (state !== 'connecting') return
    cancelConnectWatch()
    state = 'up'
    receiveMaximum = connack.properties?.receiveMaximum ?? receiveMaximum
    maximumPacketBytes = connack.properties?.maximumPacketSize ?? maximumPacketBytes
    options.onUp()
  })
  client.handleMessage = ({ topic, payload, qos, messageId }, done) => {
    done(LATER)
    if (state === 'ended') return
    const mine = qos === 1 && messageId !== undefined ? { messageId, isTaken: false } : undefined
    if (mine) received.push(mine)
    options.onMessage(topic.toString(), Buffer.from(payload), () => {
      if (mine) mine.isTaken = true
      acknowledge()
    })
  }
  client.on('disconnect', ({ reasonCode }) => {
    serverSaid = reasonCode === 142 ? 'another client took over our id' : `the broker ended it, reason ${reasonCode}`
  })
  client.on('error', (error) => end(linkEndOf(error)))
  client.on('close', () => end(lost(serverSaid ?? 'the connection was closed')))
  client.connect()

  function end(cause: LinkEnd): void {
    if (state === 'ended') return
    state = 'ended'
    cancelConnectWatch()
    client.end(true)
    forgetUnacked()
    options.onDown(cause)
  }

  /** In the order of the messages, as MQTT wants it (4.6.0-2): one that is taken late keeps back the word on those after it. */
  function acknowledge(): void {
    for (let next = received[0]; next?.isTaken && state !== 'ended'; next = received[0]) {
      received.shift()
      stream.write(puback(next.messageId))
    }
  }

  function forgetUnacked(): void {
    cancelPubackWatch()
    for (const settle of unacked) settle({ outcome: 'lost' })
    unacked.clear()
  }

  function watchPubacks(): void {
    cancelPubackWatch()
    cancelPubackWatch =
      unacked.size === 0 || state === 'ended'
        ? () => {}
        : clock.after(PUBACK_TIMEOUT_MS, () => end(lost('the broker acknowledges nothing')))
  }

  // MQTT.js reads the broker's Receive Maximum and does not keep to it.
  const hasRoom = () => state === 'up' && unacked.size < receiveMaximum

  return {
    get maximumPacketBytes() {
      return maximumPacketBytes
    },
    get hasRoom() {
      return hasRoom()
    },
    publish(topic, payload, { retain = false } = {}) {
      if (!hasRoom()) return Promise.resolve({ outcome: 'lost' })
      const { promise, resolve } = Promise.withResolvers<PublishOutcome>()
      unacked.add(resolve)
      if (unacked.size === 1) watchPubacks()
      client.publish(topic, payload, { qos: 1, retain }, (error) => {
        unacked.delete(resolve)
        watchPubacks()
        if (!error) resolve({ outcome: 'acked' })
        // Only a reason code is the broker's word; everything else means that nobody knows.
        else if ('code' in error) resolve({ outcome: 'refused', reason: error.message })
        else resolve({ outcome: 'lost' })
      })
      return promise
    },
    subscribe(topic) {
      if (state !== 'up') return Promise.resolve(false)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      client.subscribe(topic, { qos: 1 }, (error, granted) => {
        resolve(!error && (granted ?? []).every(({ qos }) => qos < 128))
      })
      return promise
    },
    drop: end,
    async close(timeoutMs) {
      if (state !== 'up') return end(lost('closed'))
      const { promise, resolve } = Promise.withResolvers<void>()
      const cancel = clock.after(timeoutMs, resolve)
      client.once('close', resolve)
      state = 'ended'
      client.end(false)
      await promise
      cancel()
      stream.destroy()
      forgetUnacked()
      options.onDown(lost('closed'))
    },
  }
}
