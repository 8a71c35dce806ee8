import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export interface ScriptedTcp {
  url: string
  /** What each connection has sent, oldest first. */
  readonly heard: string[]
  /** The next whole request; requests that came before the call do not count. */
  whenHeard(): Promise<void>
}

/** A far end on one port that does with each request what the test says; `number` counts them from 0. */
export async function startScriptedTcp(
  t: TestContext,
  act: (socket: Socket, request: string, number: number) => void,
): Promise<ScriptedTcp> {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  let waiting: (() => void)[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    // A client that gives up is part of the script.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      text += chunk
      if (!isWhole(text)) return
      const number = heard.push(text) - 1
      for (const resolve of waiting) resolve()
      waiting = []
      act(socket, text, number)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    heard,
    whenHeard: () => new Promise((resolve) => waiting.push(resolve)),
  }
}

/** A loopback address that nobody listens on. */
export async function deadUrl(): Promise<string> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${address.port}`
}

export function httpReply(status: number, body: string, contentType = 'application/json'): string {
  return `HTTP/1.1 ${status} Status\r\nContent-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export const tokenReply = (token = 'token-1') => httpReply(200, `{"access_token":"${token}","expires_in":"3599"}`)

function isWhole(request: string): boolean {
  const end = request.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0)
  return Buffer.byteLength(request) >= end + 4 + length
}
