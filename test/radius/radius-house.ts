import { randomBytes, randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Language } from '../../src/languages.ts'
import { openLog } from '../../src/log.ts'
import type { AccountingRecord, NasRestart } from '../../src/radius/accounting-request.ts'
import type { Login, Verdict } from '../../src/radius/login.ts'
import type { Nas } from '../../src/radius/nas.ts'
import { openRadiusServer } from '../../src/radius/radius-server.ts'
import type { RadsecSettings } from '../../src/radius/radsec-port.ts'
import {
  chapPassword,
  hidePassword,
  isAuthenticReply,
  sealAccessRequest,
  sealAccounting,
} from '../../src/simulators/router/nas/authenticity.ts'
import { type Attribute, integer, type Packet, parsePacket, text } from '../../src/simulators/router/nas/packet.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

/** The simulated router's codec is written independently of the server's: it speaks for the far end in these tests. */

export const SECRET = 'a-radius-secret'
export const PHONE = 'AA:BB:CC:DD:EE:01'
export const USER = { username: 'alice', password: 'open sesame' }
const ACCEPT = { outcome: 'accept', sessionTimeoutSeconds: 3600, classToken: 'grant.token', portLimit: 2 } as const

interface HouseOptions {
  nas?: Partial<Nas>
  /** Of the right password. */
  verdict?: Partial<Verdict & { outcome: 'accept' }>
  host?: string
  language?: Language
  radsec?: RadsecSettings
  macAuthPassword?: string
}

interface Closing {
  after(close: () => unknown): void
}

export async function openRadiusHouse(t: Closing, options: HouseOptions = {}) {
  const nas: Nas = {
    routerId: 7,
    name: 'Router 7',
    address: '127.0.0.1',
    secret: Buffer.from(SECRET),
    coaPort: 3799,
    requireMessageAuthenticator: 'auto',
    ...options.nas,
  }
  const logLines: string[] = []
  const clock = new SteppedClock()
  const logins: Login[] = []
  const records: AccountingRecord[] = []
  const restarts: NasRestart[] = []
  /** Off: the operator has removed the router. */
  const registry = { knowsRouter: true }
  const signers: number[] = []
  const hands = {
    authorize(login: Login): Verdict | Promise<Verdict> {
      logins.push(login)
      const isAlice = login.matches(USER.password) && login.username === USER.username
      return isAlice ? { ...ACCEPT, ...options.verdict } : { outcome: 'reject', refusal: 'wrong-code' }
    },
    async account(record: AccountingRecord): Promise<void> {
      records.push(record)
    },
    async nasRestarted(restart: NasRestart): Promise<void> {
      restarts.push(restart)
    },
  }
  const server = openRadiusServer({
    host: options.host ?? '127.0.0.1',
    authPort: 0,
    acctPort: 0,
    interimIntervalSeconds: 300,
    language: options.language ?? 'en',
    clock,
    log: openLog('debug', {}, { write: (line) => logLines.push(line) }),
    radsec: options.radsec,
    macAuthPassword: options.macAuthPassword,
    findRadsecNas: (names) =>
      registry.knowsRouter && names.includes(nas.name)
        ? { ...nas, secret: Buffer.from('radsec'), overTls: true }
        : undefined,
    findNas: (address) => (address === nas.address ? nas : undefined),
    authorize: (login) => hands.authorize(login),
    account: (record) => hands.account(record),
    async noteSigns(routerId) {
      signers.push(routerId)
    },
    nasRestarted: (restart) => hands.nasRestarted(restart),
  })
  await server.start()
  t.after(() => server.stop())
  return { server, clock, hands, logins, records, restarts, registry, signers, logLines, nas }
}

/** One UDP socket of a router. Replies come in the order of arrival. */
export async function openPlug(t: Closing, port: number, from = '127.0.0.1') {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  socket.bind(0, from)
  await once(socket, 'listening')
  t.after(() => socket.close())
  const replies: Buffer[] = []
  const waiting = new Set<() => void>()
  socket.on('message', (datagram) => {
    replies.push(datagram)
    for (const look of [...waiting]) look()
  })
  const plug = {
    socket,
    replies,
    send: (bytes: Buffer) => socket.send(bytes, port, '127.0.0.1'),
    /** Resolves when there are so many replies. */
    whenReplies(count: number): Promise<Buffer> {
      const { promise, resolve } = Promise.withResolvers<Buffer>()
      const look = () => {
        const last = replies[count - 1]
        if (!last) return
        waiting.delete(look)
        resolve(last)
      }
      waiting.add(look)
      look()
      return promise
    },
    /** The reply to these octets, parsed; throws when it was not made with the secret. */
    async ask(bytes: Buffer): Promise<Packet> {
      plug.send(bytes)
      return authentic(await plug.whenReplies(replies.length + 1), bytes)
    },
    /**
     * Sends what must not be answered, and twice a question that will be: datagrams keep their order here, and an answer that waits
     * for the disk comes after those that do not, but before that to a question which is asked later.
     */
    async isSilent(...unanswered: Buffer[]): Promise<boolean> {
      for (const bytes of unanswered) plug.send(bytes)
      const isNext = async () => {
        const status = statusServer()
        plug.send(status)
        const next = await plug.whenReplies(replies.length + 1)
        return next[1] === status[1] && isAuthenticReply(parsePacket(next) as Packet, status, SECRET, true)
      }
      return (await isNext()) && (await isNext())
    },
  }
  return plug
}

function authentic(reply: Buffer, request: Buffer): Packet {
  const packet = parsePacket(reply)
  if (!packet || !isAuthenticReply(packet, request, SECRET, request[0] !== 4))
    throw new Error('a reply is not authentic')
  return packet
}

interface AccessOptions {
  id?: number
  username?: string
  password?: string
  method?: 'pap' | 'chap' | 'chap-without-challenge' | 'none'
  /** Calling-Station-Id; empty: left out. */
  macAddress?: string
  signed?: boolean
  authenticator?: Buffer
  more?: Attribute[]
  secret?: string
}

export function accessRequest(options: AccessOptions = {}): Buffer {
  const { username = USER.username, password = USER.password, method = 'pap', macAddress = PHONE } = options
  const { id = randomInt(256), authenticator = randomBytes(16), signed = true, more = [], secret = SECRET } = options
  const challenge = method === 'chap' ? randomBytes(16) : authenticator
  const chap = [{ type: 3, value: chapPassword(randomInt(256), password, challenge) }]
  const proof = {
    none: [],
    pap: [{ type: 2, value: hidePassword(password, authenticator, secret) }],
    chap: [...chap, { type: 60, value: challenge }],
    'chap-without-challenge': chap,
  }[method]
  const station = macAddress === '' ? [] : [text(31, macAddress)]
  const attributes = [text(1, username), ...proof, ...station, ...more]
  return sealAccessRequest({ code: 1, id, authenticator, attributes }, secret, signed)
}

export function statusServer(signed = true, secret = SECRET): Buffer {
  const authenticator = randomBytes(16)
  return sealAccessRequest({ code: 12, id: randomInt(256), authenticator, attributes: [] }, secret, signed)
}

/** 1 start, 2 stop, 3 interim, 7 and 8: the router itself. */
export function accounting(statusType: number, more: Attribute[] = [], secret = SECRET, id = randomInt(256)): Buffer {
  const names = [text(1, USER.username), text(44, '80a00001'), text(31, PHONE)]
  return sealAccounting(4, id, [integer(40, statusType), ...names, ...more], secret)
}
