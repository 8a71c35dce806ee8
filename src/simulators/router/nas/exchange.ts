import { createSocket, type Socket } from 'node:dgram'
import { type Packet, parsePacket } from './packet.ts'

/** As `/radius/monitor` shows them. */
export interface RadiusCounters {
  requests: number
  accepts: number
  rejects: number
  resends: number
  timeouts: number
  badReplies: number
  lastRequestRttMs: number
}

export interface Question {
  host: string
  port: number
  timeoutMs: number
  /** The whole request for the id that it gets. */
  request: (id: number) => Buffer
  /** Whether a reply is the server's own; others are counted as bad and not taken. */
  isAuthentic: (reply: Packet, request: Buffer) => boolean
}

interface Pending {
  receive(reply: Packet): void
  giveUp(): void
}

/** One UDP port of the router. An id is one octet, so it can wait for 256 replies; more need another port. */
interface Lane {
  socket: Socket
  pending: Map<number, Pending>
  lastId: number
}

const RESENDS = 3
const IDS = 256
const MOST_LANES = 64
const RECEIVE_BUFFER_BYTES = 1 << 20

/** Asks RADIUS servers, and resends the same octets until a reply is right or patience ends. */
export class RadiusExchange {
  readonly counters: RadiusCounters = {
    requests: 0,
    accepts: 0,
    rejects: 0,
    resends: 0,
    timeouts: 0,
    badReplies: 0,
    lastRequestRttMs: 0,
  }
  readonly #host: string
  readonly #isCut: () => boolean
  readonly #lanes: Lane[] = []
  #closed = false

  constructor(host: string, isCut: () => boolean) {
    this.#host = host
    this.#isCut = isCut
  }

  get pending(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.pending.size, 0)
  }

  /** Everybody who still asked is answered with "no answer". */
  close(): void {
    this.#closed = true
    for (const { socket, pending } of this.#lanes.splice(0)) {
      socket.close()
      for (const { giveUp } of [...pending.values()]) giveUp()
    }
  }

  /** The server's authentic reply; undefined when none came. */
  ask(question: Question): Promise<Packet | undefined> {
    const lane = this.#freeLane()
    if (!lane) return Promise.resolve(undefined)
    const { promise, resolve } = Promise.withResolvers<Packet | undefined>()
    const id = freeId(lane)
    const request = question.request(id)
    const startedAt = performance.now()
    let sent = 0
    let timer: NodeJS.Timeout | undefined

    const finish = (reply: Packet | undefined) => {
      clearTimeout(timer)
      lane.pending.delete(id)
      resolve(reply)
    }
    const send = () => {
      if (sent > RESENDS) {
        this.counters.timeouts += 1
        finish(undefined)
        return
      }
      if (sent > 0) this.counters.resends += 1
      sent += 1
      if (!this.#isCut()) lane.socket.send(request, question.port, question.host, () => {})
      timer = setTimeout(send, question.timeoutMs)
    }
    lane.pending.set(id, {
      receive: (reply) => {
        if (!question.isAuthentic(reply, request)) {
          this.counters.badReplies += 1
          return
        }
        this.counters.lastRequestRttMs = Math.round(performance.now() - startedAt)
        finish(reply)
      },
      giveUp: () => finish(undefined),
    })
    this.counters.requests += 1
    send()
    return promise
  }

  #freeLane(): Lane | undefined {
    if (this.#closed) return undefined
    return this.#lanes.find(({ pending }) => pending.size < IDS) ?? this.#addLane()
  }

  /** What is sent before the port is bound waits until it is. */
  #addLane(): Lane | undefined {
    if (this.#lanes.length === MOST_LANES) return undefined
    const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES })
    const lane: Lane = { socket, pending: new Map(), lastId: -1 }
    // An error is a datagram lost on the way, as UDP may.
    socket.on('error', () => {})
    socket.on('message', (datagram) => this.#receive(lane, datagram))
    socket.bind(0, this.#host)
    this.#lanes.push(lane)
    return lane
  }

  #receive(lane: Lane, datagram: Buffer): void {
    if (this.#isCut()) return
    const reply = parsePacket(datagram)
    if (reply) lane.pending.get(reply.id)?.receive(reply)
  }
}

/** The next id that does not wait for its reply; the lane has one. */
function freeId(lane: Lane): number {
  do lane.lastId = (lane.lastId + 1) % IDS
  while (lane.pending.has(lane.lastId))
  return lane.lastId
}
