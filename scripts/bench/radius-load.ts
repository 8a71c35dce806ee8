import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { percentile } from './percentile.ts'
import { encode, type Work } from './radius-packets.ts'
import { ROUTER_ADDRESSES } from './radius-users.ts'

/** A process of its own that plays sixteen routers, so that it is not the server's core that makes the load. */

export interface LoadOrder extends Work {
  port: number
  /** `window`: so many unanswered at once. `perSecond`: on time, whatever the answers. `burst`: all at once, from one router. */
  pace: { window: number } | { perSecond: number } | 'burst'
}

export interface LoadResult {
  seconds: number
  answered: number
  accepted: number
  resent: number
  lost: number
  p50Ms: number
  p99Ms: number
}

const RESEND_MS = 1_000
const MOST_TRIES = 5

process.on('message', async (order: LoadOrder | 'go') => {
  if (order === 'go') return
  const packets = encode(order)
  process.send?.({ ready: true })
  await once(process, 'message')
  process.send?.(await send(packets, order))
})

async function send(packets: Buffer[], { port, pace }: LoadOrder): Promise<LoadResult> {
  const addresses = pace === 'burst' ? ROUTER_ADDRESSES.slice(0, 1) : ROUTER_ADDRESSES
  const perAddress = pace === 'burst' ? 16 : 1
  const sockets = await Promise.all(
    addresses.flatMap((from) => Array.from({ length: perAddress }, () => openSocket(from))),
  )
  const latencies: number[] = []
  const pending = sockets.map(() => new Map<number, { bytes: Buffer; sentMs: number; lastMs: number; tries: number }>())
  let [next, open, accepted, resent, lost] = [0, 0, 0, 0, 0]
  const { promise, resolve } = Promise.withResolvers<void>()
  const startMs = performance.now()

  const sendNext = () => {
    const at = next % sockets.length
    const bytes = packets[next] as Buffer
    next += 1
    open += 1
    const nowMs = performance.now()
    pending[at]?.set(bytes.readUInt8(1), { bytes, sentMs: nowMs, lastMs: nowMs, tries: 1 })
    sockets[at]?.send(bytes, port, '127.0.0.1')
  }
  const settle = () => {
    open -= 1
    if (typeof pace === 'object' && 'window' in pace && next < packets.length) sendNext()
    if (open === 0 && next === packets.length) resolve()
  }
  sockets.forEach((socket, at) => {
    socket.on('message', (reply) => {
      const id = reply.readUInt8(1)
      const asked = pending[at]?.get(id)
      if (!asked) return
      pending[at]?.delete(id)
      latencies.push(performance.now() - asked.sentMs)
      if (reply[0] === 2 || reply[0] === 5) accepted += 1
      settle()
    })
  })
  const resending = setInterval(() => {
    const nowMs = performance.now()
    pending.forEach((asked, at) => {
      for (const [id, one] of asked) {
        if (nowMs - one.lastMs < RESEND_MS) continue
        if (one.tries === MOST_TRIES) {
          asked.delete(id)
          lost += 1
          settle()
          continue
        }
        one.tries += 1
        one.lastMs = nowMs
        resent += 1
        sockets[at]?.send(one.bytes, port, '127.0.0.1')
      }
    })
  }, 100)

  if (pace === 'burst') while (next < packets.length) sendNext()
  else if ('window' in pace) while (next < Math.min(pace.window, packets.length)) sendNext()
  else {
    const ticking = setInterval(() => {
      const due = Math.min(packets.length, Math.floor(((performance.now() - startMs) * pace.perSecond) / 1000))
      while (next < due) sendNext()
      if (next === packets.length) clearInterval(ticking)
    }, 2)
  }
  await promise
  const seconds = (performance.now() - startMs) / 1000
  clearInterval(resending)
  for (const socket of sockets) socket.close()
  const [p50Ms, p99Ms] = [percentile(latencies, 50), percentile(latencies, 99)]
  return { seconds, answered: latencies.length, accepted, resent, lost, p50Ms, p99Ms }
}

async function openSocket(from: string): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  socket.bind(0, from)
  await once(socket, 'listening')
  return socket
}
