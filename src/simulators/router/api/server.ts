import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { listen, portOf } from '../../listening.ts'
import { type ApiParts, ApiSession } from './session.ts'
import { SentenceReader } from './words.ts'

/** The RouterOS API service: one session per connection. */
export class ApiServer {
  readonly #parts: ApiParts
  readonly #sockets = new Set<Socket>()
  readonly #server: Server

  constructor(parts: ApiParts) {
    this.#parts = parts
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
  }

  async listen(host: string, port: number): Promise<number> {
    await listen(this.#server, host, port)
    return portOf(this.#server)
  }

  get connections(): number {
    return this.#sockets.size
  }

  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  /** Held connections are neither read nor closed; what came meanwhile is read, and who left is let go, afterwards. */
  hold(held: boolean): void {
    for (const socket of this.#sockets) {
      if (held) socket.pause()
      else if (socket.readableEnded) socket.end()
      else socket.resume()
    }
  }

  async close(): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  #accept(socket: Socket): void {
    // A peer that goes away, however rudely, only ends its own session.
    socket.on('error', () => {})
    if (this.#parts.faults.apiDown) {
      socket.resetAndDestroy()
      return
    }
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    // A pause does not keep the other side's end from being told.
    socket.on('end', () => {
      if (!this.#parts.faults.apiHalfOpen) socket.end()
    })
    if (this.#parts.faults.apiHalfOpen) socket.pause()
    const session = new ApiSession(socket, this.#parts)
    const reader = new SentenceReader()
    socket.on('data', (chunk) => {
      try {
        const sentences = reader.read(chunk)
        if (!this.#parts.faults.apiSilent) for (const sentence of sentences) session.receive(sentence)
      } catch {
        // Not the API protocol: there is no way to find the next sentence.
        socket.destroy()
      }
    })
  }
}
