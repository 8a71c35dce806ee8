import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that the kernel gives away by itself, each test process looks in a place of its own; above 10080, where `fetch` refuses to go. */
const LOWEST = 10_100
const PLACES = 1_000
const PORTS_EACH = 20

let next = LOWEST + (process.pid % PLACES) * PORTS_EACH

/** A port, TCP and UDP, that nobody else takes meanwhile; it stays the same over restarts of what will listen on it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next
    next = port + 1 < LOWEST + PLACES * PORTS_EACH ? port + 1 : LOWEST
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const tcp = createServer()
  const udp = createSocket('udp4')
  try {
    await Promise.all([
      once(tcp.listen({ host: '127.0.0.1', port }), 'listening'),
      once(udp.bind(port, '127.0.0.1'), 'listening'),
    ])
    return true
  } catch {
    return false
  } finally {
    await Promise.allSettled([new Promise((done) => tcp.close(done)), new Promise<void>((done) => udp.close(done))])
  }
}
