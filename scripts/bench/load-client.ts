import { KeepAliveSocket } from './keep-alive-socket.ts'
import type { FromLoad, LoadRequest, ToLoad } from './load-messages.ts'

/** The callers, as a process of their own: what they cost must not show in the event loop of what is measured. */
const idle: KeepAliveSocket[] = []
const report = (message: FromLoad) => process.send?.(message)

const HELLO = Buffer.from('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
/** Connections that are being opened at the same time; more would only queue in the kernel. */
const OPENING = 50

async function open(port: number, sockets: number): Promise<void> {
  for (const old of idle.splice(0)) old.close()
  for (let opened = 0; opened < sockets; opened += OPENING) {
    const some = Array.from({ length: Math.min(OPENING, sockets - opened) }, async () => {
      const socket = await KeepAliveSocket.open(port)
      await socket.exchange(HELLO)
      idle.push(socket)
    })
    await Promise.all(some)
  }
}

async function send(requests: LoadRequest[], perSecond: number | null): Promise<void> {
  const octets = requests.map(octetsOf)
  const latenciesMs: number[] = []
  const statuses: number[] = []
  const startMs = performance.now()
  const dueMs = (index: number) => (perSecond === null ? startMs : startMs + (index * 1000) / perSecond)

  const one = async (index: number, request: Buffer) => {
    const socket = idle.pop()
    if (!socket) throw new Error('more requests are under way than there are sockets')
    statuses[index] = await socket.exchange(request)
    latenciesMs[index] = performance.now() - dueMs(index)
    idle.push(socket)
  }
  const underWay: Promise<void>[] = []
  for (const [index, request] of octets.entries()) {
    await until(dueMs(index))
    underWay.push(one(index, request))
  }
  await Promise.all(underWay)
  report({ kind: 'sent', latenciesMs, statuses })
}

/** Nothing when the time has come already: a burst is written without a pause. */
function until(timeMs: number): Promise<void> | undefined {
  const leftMs = timeMs - performance.now()
  return leftMs > 0 ? new Promise((resolve) => setTimeout(resolve, leftMs)) : undefined
}

const octetsOf = ({ path, body }: LoadRequest) =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )

process.on('message', async (message: ToLoad) => {
  if (message.kind === 'send') {
    await send(message.requests, message.perSecond)
    return
  }
  await open(message.port, message.sockets)
  report({ kind: 'opened' })
})
