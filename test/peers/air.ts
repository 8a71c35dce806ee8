import { once } from 'node:events'
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createLine, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Site } from '../flows/site.ts'

/** A poor place of the WiFi. */
export interface Edge {
  latencyMs: number
  bytesPerSecond: number
}

const STREAMS = 'streams'

export type Air = Awaited<ReturnType<typeof openAir>>

/**
 * The WiFi between one browser and a site, as the browser's proxy: the portal is told whose device asks, and every other
 * address leads to the router, which captures. For the daemon, `OWN_ADDRESSES`.
 */
export async function openAir(site: Site) {
  const asked: string[] = []
  const streams = new Set<ServerResponse>()
  let address = ''
  let macAddress = ''
  let noStreams = false

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '')
    const isPortal = url.origin === site.url
    asked.push(`${request.method} ${url.pathname}`)
    // The router of the tests knows a phone by this: all of them have the address of this machine.
    if (!isPortal) url.searchParams.set('mac', macAddress)
    const target = isPortal ? new URL(site.url).port : String(site.router.httpPort)
    const headers = { ...request.headers, ...(isPortal && { 'x-forwarded-for': address }) }
    const { method } = request
    const onward = ask({ host: '127.0.0.1', port: target, method, path: url.pathname + url.search, headers })
    onward.on('response', (answer) => pass(answer, response))
    onward.on('error', () => response.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  })

  function pass(answer: IncomingMessage, response: ServerResponse): void {
    if (answer.headers['content-type']?.startsWith('text/event-stream')) {
      if (noStreams) return void response.destroy()
      streams.add(response.once('close', () => streams.delete(response)))
      server.emit(STREAMS)
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** `GET /path` of all that the browser has asked for. */
    asked,
    /** From now on the browser is this device. */
    become(device: { macAddress: string; ipAddress: string }) {
      macAddress = device.macAddress
      address = device.ipAddress
    },
    /** Something tells the browser of changes. */
    async whenStreaming() {
      while (streams.size === 0) await once(server, STREAMS, { signal: AbortSignal.timeout(30_000) })
    },
    /** Ends what tells of changes, and lets nothing begin to. */
    cutStreams() {
      noStreams = true
      for (const stream of streams) stream.destroy()
    },
    healStreams() {
      noStreams = false
    },
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The same port at the edge of the WiFi: all that passes comes late, and a little at a time. */
export async function openEdge(targetPort: number, { latencyMs, bytesPerSecond }: Edge) {
  const server = createLine((near) => {
    const far = connect(targetPort, '127.0.0.1')
    carry(near, far)
    carry(far, near)
  })
  function carry(from: Socket, to: Socket): void {
    let freeAtMs = 0
    let sent = Promise.resolve()
    const later = (bytes: number, act: () => void) => {
      freeAtMs = Math.max(freeAtMs, Date.now()) + (bytes / bytesPerSecond) * 1000
      const dueAtMs = freeAtMs + latencyMs / 2
      sent = sent.then(() => setTimeout(Math.max(1, dueAtMs - Date.now()))).then(act)
    }
    from.on('data', (chunk: Buffer) => later(chunk.length, () => to.destroyed || to.write(chunk)))
    from.on('close', () => later(0, () => to.destroy()))
    from.on('error', () => from.destroy())
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, close: () => server.close() }
}
