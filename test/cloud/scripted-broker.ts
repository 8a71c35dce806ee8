import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Sightings } from '../../src/simulators/sightings.ts'

interface Publish {
  topic: string
  payload: Buffer
  retain: boolean
  /** Answers with a PUBACK; a reason code from 128 on refuses (MQTT 5). */
  ack(reason?: number): void
}

interface Connect {
  /** 4 = MQTT 3.1.1, 5 = MQTT 5. */
  version: number
  clientId: string
  /** Whatever was kept for this client is to be forgotten. */
  clean: boolean
  will: { topic: string; payload: string }
}

const CONNACK = 0x20
const PUBACK = 0x40
const PUBLISH_QOS_1 = 0x32
const SUBACK = 0x90
const PINGRESP = 0xd0

/** A broker on a real socket that says and keeps silent as the test wants: just enough MQTT to be believed. */
export async function startScriptedBroker(t: TestContext) {
  const sockets = new Set<Socket>()
  const connects = new Sightings<Connect>('connects')
  const publishes = new Sightings<Publish>('publishes')
  const goodbyes = new Sightings<true>('goodbyes')
  const subscribed = new Sightings<string>('subscriptions')
  const pubacks = new Sightings<number>('acknowledgements')
  const script = {
    /** What a CONNECT is answered with; undefined: success, with the limits below. */
    connack: undefined as Buffer | 'nothing' | undefined,
    receiveMaximum: undefined as number | undefined,
    maximumPacketBytes: undefined as number | undefined,
    /** Status publishes are always acknowledged. */
    puback: 'at-once' as 'at-once' | 'held',
    suback: 1,
    /** Nobody may read these. */
    forbidden: [] as string[],
    /** Reads on and answers nothing, like a line that was cut somewhere else. */
    mute: false,
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay()
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let version = 0
    const say = (bytes: Buffer) => {
      if (!script.mute && !socket.destroyed) socket.write(bytes)
    }

    function take(type: number, flags: number, body: Buffer): void {
      switch (type) {
        case 1: {
          const connect = parseConnect(body)
          version = connect.version
          connects.add(connect)
          if (script.connack === 'nothing') return
          say(script.connack ?? connackOf(version))
          return
        }
        case 3: {
          const publish = parsePublish(body, version)
          const ack = (reason = 0) =>
            say(packet(PUBACK, version === 5 ? [...word(publish.id), reason, 0] : word(publish.id)))
          publishes.add({ topic: publish.topic, payload: publish.payload, retain: (flags & 1) === 1, ack })
          if (script.puback === 'at-once' || publish.topic.endsWith('/status')) ack()
          return
        }
        case 4:
          pubacks.add(body.readUInt16BE(0))
          return
        case 8: {
          const topic = subscriptionOf(body, version)
          subscribed.add(topic)
          const answer = !script.forbidden.includes(topic) ? script.suback : version === 5 ? 0x87 : 0x80
          say(packet(SUBACK, [...body.subarray(0, 2), ...(version === 5 ? [0] : []), answer]))
          return
        }
        case 12:
          say(packet(PINGRESP, []))
          return
        case 14:
          goodbyes.add(true)
      }
    }

    let rest = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      for (let whole = firstPacket(rest); whole; whole = firstPacket(rest)) {
        const head = rest[0] ?? 0
        rest = rest.subarray(whole.end)
        take(head >> 4, head & 15, whole.body)
      }
    })
  })

  function connackOf(version: number): Buffer {
    if (version !== 5) return packet(CONNACK, [0, 0])
    const { receiveMaximum, maximumPacketBytes } = script
    const properties = [
      ...(receiveMaximum === undefined ? [] : [0x21, ...word(receiveMaximum)]),
      ...(maximumPacketBytes === undefined
        ? []
        : [0x27, ...word(maximumPacketBytes >> 16), ...word(maximumPacketBytes & 0xffff)]),
    ]
    return packet(CONNACK, [0, 0, properties.length, ...properties])
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    cut()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')

  return {
    url: `mqtt://127.0.0.1:${address.port}`,
    script,
    connects,
    publishes,
    goodbyes,
    subscribed,
    /** The numbers of what `deliver` sent and the client acknowledged. */
    pubacks,
    /** Batches only, oldest first. */
    batches: () => publishes.seen.filter(({ topic }) => topic.endsWith('/events')),
    whenBatches: (count: number) =>
      publishes.when((seen) => {
        const batches = seen.filter(({ topic }) => topic.endsWith('/events'))
        return batches.length >= count ? batches : undefined
      }),
    /** To whoever is connected, QoS 0. */
    send(topic: string, text: string, version = 5) {
      const bytes = [...word(topic.length), ...Buffer.from(topic), ...(version === 5 ? [0] : []), ...Buffer.from(text)]
      for (const socket of sockets) socket.write(packet(0x30, bytes))
    },
    /** To whoever is connected, QoS 1, by MQTT 5. */
    deliver(id: number, topic: string, text: string) {
      const bytes = [...word(topic.length), ...Buffer.from(topic), ...word(id), 0, ...Buffer.from(text)]
      for (const socket of sockets) socket.write(packet(PUBLISH_QOS_1, bytes))
    },
    /** Ends every connection without a word. */
    cut,
  }
}

const word = (value: number) => [value >> 8, value & 0xff]

function packet(head: number, body: number[]): Buffer {
  const { length } = body
  if (length > 16_383) throw new Error('the scripted broker speaks in short packets only')
  return Buffer.from([head, ...(length > 127 ? [(length & 127) | 128, length >> 7] : [length]), ...body])
}

function firstPacket(bytes: Buffer): { body: Buffer; end: number } | undefined {
  const length = readLength(bytes, 1)
  if (!length || bytes.length < length.next + length.value) return undefined
  const end = length.next + length.value
  return { body: bytes.subarray(length.next, end), end }
}

/** MQTT's variable byte integer at `at`. */
function readLength(bytes: Buffer, at: number): { value: number; next: number } | undefined {
  let value = 0
  for (let index = 0; index < 4; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) return undefined
    value += (byte & 127) * 128 ** index
    if (byte < 128) return { value, next: at + index + 1 }
  }
  throw new Error('not MQTT')
}

function parseConnect(body: Buffer): Connect {
  let at = 6
  const version = body[at] ?? 0
  const clean = ((body[at + 1] ?? 0) & 2) === 2
  at += 4
  const skipProperties = () => {
    if (version !== 5) return
    const length = readLength(body, at)
    at = (length?.next ?? at) + (length?.value ?? 0)
  }
  const field = () => {
    const length = body.readUInt16BE(at)
    at += 2 + length
    return body.subarray(at - length, at).toString()
  }
  skipProperties()
  const clientId = field()
  skipProperties()
  return { version, clientId, clean, will: { topic: field(), payload: field() } }
}

/** The one topic of a SUBSCRIBE. */
function subscriptionOf(body: Buffer, version: number): string {
  const properties = version === 5 ? readLength(body, 2) : { value: 0, next: 2 }
  const start = (properties?.next ?? 0) + (properties?.value ?? 0) + 2
  return body.subarray(start, start + body.readUInt16BE(start - 2)).toString()
}

function parsePublish(body: Buffer, version: number): { topic: string; id: number; payload: Buffer } {
  const topicEnd = 2 + body.readUInt16BE(0)
  const properties = version === 5 ? readLength(body, topicEnd + 2) : { value: 0, next: topicEnd + 2 }
  const start = (properties?.next ?? 0) + (properties?.value ?? 0)
  return {
    topic: body.subarray(2, topicEnd).toString(),
    id: body.readUInt16BE(topicEnd),
    payload: Buffer.from(body.subarray(start)),
  }
}
