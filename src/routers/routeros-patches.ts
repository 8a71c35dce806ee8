import { createHash } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { asError, MlangoError } from '../errors.ts'
import { RouterError, type RouterTrap, trapError } from './router-error.ts'
import { encodeSentence, SentenceReader } from './routeros-wire.ts'

/** The cures of node-routeros, each applied to a prototype of it. Numbers are those of docs/routeros-defects.md. */

export type Row = Record<string, string>

// What we use of the library's insides; its own declarations call these private.
export interface InnerReceiver {
  socket: Socket
  tags: Map<string, { callback(packet: string[]): void }>
  processRawData(data: Buffer): void
}
export interface InnerConnector extends EventEmitter {
  socket: Socket | undefined
  destroy(): void
  write(words: readonly string[]): void
}
export interface InnerChannel extends EventEmitter {
  id: string
  readAndWrite(words: readonly string[]): void
  close(): void
  write(words: readonly string[]): Promise<Row[]>
  processPacket(packet: string[]): void
}
export interface InnerApi extends EventEmitter {
  user: string
  password: string
  connector: InnerConnector | null | undefined
  connect(): Promise<unknown>
  close(): Promise<unknown>
  login(): Promise<unknown>
}

export type OpenChannel = (connector: InnerConnector | null | undefined) => InnerChannel

/** What an open channel has heard so far. */
interface Hearing {
  rows: Row[]
  traps: RouterTrap[]
  settle(): void
}

const readers = new WeakMap<InnerReceiver, SentenceReader>()
const hearings = new WeakMap<InnerChannel, Hearing>()

/** The traps that have come so far in answer to what was written to the channel; it fills. */
export function trapsOf(channel: InnerChannel): readonly RouterTrap[] {
  return hearings.get(channel)?.traps ?? []
}

/** Reads at any split (9) and in UTF-8 (11); what nobody waits for is not an error (10). */
export function patchReceiver(receiver: InnerReceiver): void {
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
export function patchConnector(connector: InnerConnector): void {
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
export function patchChannel(channel: InnerChannel): void {
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
export function patchLogin(api: InnerApi, openChannel: OpenChannel): void {
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
export function refuseStreams(api: Record<string, unknown>): void {
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
