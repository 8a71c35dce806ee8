import { createHash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Channel, Connector, Receiver, RouterOSAPI } from 'node-routeros'
import { asError, MlangoError } from '../errors.ts'
import { RouterError, type RouterTrap, trapError } from './router-error.ts'
import { encodeSentence, SentenceReader } from './routeros-wire.ts'

/**
 * The only importer of node-routeros, which nobody maintains. Its defects are cured here, on its prototypes and once,
 * without a fork; what needs timers is cured in routeros-connection.ts. Numbers are those of docs/routeros-defects.md.
 */
const KNOWN_VERSION = '1.6.9'

export type Row = Record<string, string>

/** One connection of the library; of no more use after it has ended, since the library does not survive a second one (17). */
export interface LibraryConnection {
  /** Resolves when logged in. May never settle (3). */
  connect(): Promise<unknown>
  /** There as soon as `connect` was called, unless that failed at once. */
  socket(): Socket | undefined
  /** `reply` may never settle (2, 4); `traps` fills as they come. */
  send(words: readonly string[]): { reply: Promise<Row[]>; traps: readonly RouterTrap[] }
  /** May never settle (7). */
  close(): Promise<unknown>
  /** Raises no event. */
  destroy(): void
}

interface LibraryOptions {
  host: string
  port: number
  username: string
  password: string
  tls: ConnectionOptions | undefined
  /** The library's own: of a socket on which nothing moves. */
  idleTimeoutMs: number
  onError(error: unknown): void
  onClose(): void
}

// What we use of the library's insides; its own declarations call these private.
interface InnerReceiver {
  socket: Socket
  tags: Map<string, { callback(packet: string[]): void }>
  processRawData(data: Buffer): void
}
interface InnerConnector extends EventEmitter {
  socket: Socket | undefined
  destroy(): void
  write(words: readonly string[]): void
}
interface InnerChannel extends EventEmitter {
  id: string
  readAndWrite(words: readonly string[]): void
  close(): void
  write(words: readonly string[]): Promise<Row[]>
  processPacket(packet: string[]): void
}
interface InnerApi extends EventEmitter {
  user: string
  password: string
  connector: InnerConnector | null | undefined
  connect(): Promise<unknown>
  close(): Promise<unknown>
  login(): Promise<unknown>
}

/** What an open channel has heard so far. */
interface Hearing {
  rows: Row[]
  traps: RouterTrap[]
  settle(): void
}

const readers = new WeakMap<InnerReceiver, SentenceReader>()
const hearings = new WeakMap<InnerChannel, Hearing>()

requireKnownVersion()
patchReceiver(Receiver.prototype as unknown as InnerReceiver)
patchConnector(Connector.prototype as unknown as InnerConnector)
patchChannel(Channel.prototype as unknown as InnerChannel)
patchLogin(RouterOSAPI.prototype as unknown as InnerApi)
refuseStreams(RouterOSAPI.prototype as unknown as Record<string, unknown>)

/** Attaches its listeners before anything can happen (6). The port is never left to the library (15). */
export function openLibraryConnection(options: LibraryOptions): LibraryConnection {
  const { host, port, username, password, tls, idleTimeoutMs } = options
  const api = new RouterOSAPI({
    host,
    port,
    user: username,
    password,
    timeout: Math.ceil(idleTimeoutMs / 1000),
    // Typed as a server's options, used as a client's.
    ...(tls && { tls: tls as object }),
  }) as unknown as InnerApi
  api.on('error', options.onError)
  api.on('close', options.onClose)
  let connector: InnerConnector | undefined
  return {
    connect() {
      const connected = api.connect()
      connector = api.connector ?? undefined
      return connected
    },
    socket: () => connector?.socket,
    send(words) {
      const channel = openChannel(connector)
      const reply = channel.write(words)
      return { reply, traps: hearings.get(channel)?.traps ?? [] }
    },
    close: () => api.close(),
    destroy() {
      if (connector?.socket) connector.destroy()
    },
  }
}

/** Not through `api.write`, whose keep-alive sends the router nonsense (`#`) while a command takes long. */
function openChannel(connector: InnerConnector | null | undefined): InnerChannel {
  return new Channel(connector as unknown as Connector) as unknown as InnerChannel
}

function requireKnownVersion(): void {
  const { version } = createRequire(import.meta.url)('node-routeros/package.json') as { version: string }
  if (version === KNOWN_VERSION) return
  throw new MlangoError(
    'routeros-library-unknown',
    `node-routeros is ${version}, but what makes it safe was made for ${KNOWN_VERSION}. Install exactly that version.`,
  )
}

/** Reads at any split (9) and in UTF-8 (11); what nobody waits for is not an error (10). */
function patchReceiver(receiver: InnerReceiver): void {
  receiver.processRawData = function (data) {
    const reader = readers.get(this) ?? new SentenceReader()
    readers.set(this, reader)
    try {
      for (const [reply = '', ...words] of reader.read(data)) {
        if (reply === '!fatal') {
          this.socket.emit('fatal', words.find((word) => !word.startsWith('.tag=')) ?? '')
          return
        }
        const tag = words.find((word) => word.startsWith('.tag='))
        const packet = [reply, ...words.filter((word) => word !== tag)]
        this.tags.get(tag?.slice('.tag='.length) ?? '')?.callback(packet)
      }
    } catch (thrown) {
      this.socket.destroy(asError(thrown))
    }
  }
}

/**
 * Writes UTF-8 (11), a sentence in one piece, and never into the library's queue (8) or its debug log. After `destroy` an
 * error may still come from the socket: it ends the process unless somebody listens (22).
 */
function patchConnector(connector: InnerConnector): void {
  const { destroy } = connector
  connector.write = function (words) {
    this.socket?.write(encodeSentence(words))
  }
  connector.destroy = function () {
    destroy.call(this)
    this.on('error', () => {})
  }
}

/** Knows `!empty` (1), keeps every trap with its category until `!done` (13), leaves the caller's words alone (12), and drops no row (21). */
function patchChannel(channel: InnerChannel): void {
  channel.write = function (words) {
    return new Promise((resolve, reject) => {
      const rows: Row[] = []
      const traps: RouterTrap[] = []
      const settle = () => (traps.length > 0 ? reject(trapError(traps)) : resolve(rows))
      hearings.set(this, { rows, traps, settle })
      this.readAndWrite([...words, `.tag=${this.id}`])
    })
  }
  channel.processPacket = function ([reply, ...words]) {
    const hearing = hearings.get(this)
    const attributes = attributesOf(words)
    if (reply === '!re') hearing?.rows.push(attributes)
    if (reply === '!trap') hearing?.traps.push(trapOf(attributes))
    if (reply !== '!done') return
    // `=ret=` of an add or a count comes as a row.
    if (words.length > 0) hearing?.rows.push(attributes)
    this.close()
    hearing?.settle()
  }
}

/**
 * Both forms of login: the new one is sent, and a router from before 6.43 answers it with a challenge. The library's own
 * miscounts the challenge of a password that is not ASCII, and takes any odd reply for a yes (20).
 */
function patchLogin(api: InnerApi): void {
  api.login = async function () {
    const ask = (credentials: string) =>
      openChannel(this.connector).write(['/login', `=name=${this.user}`, credentials])
    const challenge = onlyRet(await ask(`=password=${this.password}`))
    if (challenge === undefined) return
    const digest = createHash('md5').update('\0').update(this.password).update(Buffer.from(challenge, 'hex'))
    if (onlyRet(await ask(`=response=00${digest.digest('hex')}`)) === undefined) return
    throw new RouterError('auth', 'it answered the login with another challenge', { sent: false })
  }
}

/** Undefined for the plain yes. */
function onlyRet(rows: Row[]): string | undefined {
  if (rows.length === 0) return undefined
  const ret = rows[0]?.ret
  if (rows.length === 1 && ret !== undefined && /^[0-9a-f]{32}$/i.test(ret)) return ret
  throw new RouterError('auth', 'it gave the login an answer that no RouterOS gives', { sent: false })
}

/** A stream ends the process by a trap nobody listens for (18), and falls silent for ever when the connection ends (19). */
function refuseStreams(api: Record<string, unknown>): void {
  for (const name of ['stream', 'writeStream', 'keepaliveBy']) {
    api[name] = () => {
      throw new MlangoError('routeros-no-streams', `node-routeros: ${name} is not safe to use; ask again instead`)
    }
  }
}

/** From `=name=value` words; the value may hold `=`. */
function attributesOf(words: readonly string[]): Row {
  const pairs = words.filter((word) => word.startsWith('=')).map((word) => [word, word.indexOf('=', 1)] as const)
  return Object.fromEntries(
    pairs.map(([word, equals]) => (equals < 0 ? [word.slice(1), ''] : [word.slice(1, equals), word.slice(equals + 1)])),
  )
}

function trapOf({ message = 'it said no, without a reason', category }: Row): RouterTrap {
  return category === undefined ? { message } : { message, category: Number(category) }
}
