import { createServer, type Socket } from 'node:net'
import { Aedes, type AuthenticateError } from 'aedes'
import { addressOf, listen, portOf } from './listening.ts'
import { Sightings } from './sightings.ts'

interface BrokerMessage {
  topic: string
  payload: Buffer
  retain: boolean
}

export interface BrokerSimulator {
  /** mqtt://host:port */
  readonly url: string
  /** Everything that clients published, their wills too, oldest first. */
  readonly messages: readonly BrokerMessage[]
  /** The first message that fits, also among those already there; rejects after `timeoutMs` (10 000). */
  whenMessage(predicate: (message: BrokerMessage) => boolean, timeoutMs?: number): Promise<BrokerMessage>
  /** Sends to subscribers with QoS 1, as the cloud does; resolves when the broker has taken it. */
  publish(topic: string, payload: Buffer | string, options?: { retain?: boolean }): Promise<void>
  /** What subscribers have acknowledged of it, oldest first. */
  readonly acknowledged: readonly BrokerMessage[]
  /** The first acknowledgement that fits, also among those already there; rejects after `timeoutMs` (10 000). */
  whenAcknowledged(predicate: (message: BrokerMessage) => boolean, timeoutMs?: number): Promise<BrokerMessage>
  /** Cuts every client and refuses new ones; retained messages and sessions stay. */
  down(): Promise<void>
  /** Listens again on the same port. */
  up(): Promise<void>
  stop(): Promise<void>
}

const BAD_USERNAME_OR_PASSWORD = 4 as const

/** An MQTT 3.1.1 broker on a real socket; it refuses MQTT 5 clients and does not share subscriptions. */
export async function startBrokerSimulator(
  options: { host?: string; port?: number; username?: string; password?: string } = {},
): Promise<BrokerSimulator> {
  const host = options.host ?? '127.0.0.1'
  const messages = new Sightings<BrokerMessage>('messages')
  const acknowledged = new Sightings<BrokerMessage>('acknowledgements')
  const sockets = new Set<Socket>()

  const broker = await Aedes.createBroker({
    authenticate(_client, username, password, done) {
      const isKnown =
        options.username === undefined ||
        (username === options.username && (password?.toString() ?? '') === (options.password ?? ''))
      if (isKnown) done(null, true)
      else done(badCredentials(), false)
    },
  })
  broker.on('publish', ({ topic, payload, retain }, client) => {
    // What comes from no client is the broker's own talk, or ours.
    if (client) messages.add({ topic, payload: Buffer.from(payload), retain })
  })

  broker.on('ack', (packet) => {
    // Nothing is known of what a client without a session acknowledges.
    if (packet && 'topic' in packet) {
      const { topic, payload, retain } = packet
      acknowledged.add({ topic, payload: Buffer.from(payload), retain })
    }
  })

  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    broker.handle(socket)
  })
  const closeBroker = () => new Promise<void>((resolve) => broker.close(resolve))
  // Its timers would keep the process alive.
  await listen(server, host, options.port ?? 0).catch(async (thrown) => {
    await closeBroker()
    throw thrown
  })
  const port = portOf(server)

  async function down(): Promise<void> {
    if (!server.listening) return
    const { promise, resolve } = Promise.withResolvers<void>()
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
    await promise
  }

  return {
    url: `mqtt://${addressOf(server)}`,
    messages: messages.seen,
    whenMessage: (predicate, timeoutMs) => messages.when((seen) => seen.find(predicate), timeoutMs),
    publish(topic, payload, { retain = false } = {}) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      broker.publish({ cmd: 'publish', topic, payload, qos: 1, dup: false, retain }, (error) =>
        error ? reject(error) : resolve(),
      )
      return promise
    },
    acknowledged: acknowledged.seen,
    whenAcknowledged: (predicate, timeoutMs) => acknowledged.when((seen) => seen.find(predicate), timeoutMs),
    down,
    async up() {
      if (!server.listening) await listen(server, host, port)
    },
    async stop() {
      messages.close()
      acknowledged.close()
      await down()
      await closeBroker()
    },
  }
}

function badCredentials(): AuthenticateError {
  return Object.assign(new Error('bad user name or password'), { returnCode: BAD_USERNAME_OR_PASSWORD })
}
