import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** One HTTP/1.1 connection, spoken by hand so that the client takes little of the cores it shares with the server. */
export class KeepAliveSocket {
  readonly #socket: Socket
  #received = ''
  #asker: { resolve(status: number): void; reject(error: Error): void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1').on('data', (chunk: string) => this.#take(chunk))
    const lost = (error: Error) => {
      this.#asker?.reject(error)
      this.#asker = undefined
    }
    socket.on('error', lost)
    socket.on('close', () => lost(new Error('the server closed the connection')))
  }

  static async open(port: number): Promise<KeepAliveSocket> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await once(socket, 'connect')
    return new KeepAliveSocket(socket)
  }

  /** Sends the octets of one request; resolves with the status when the whole answer is there. */
  exchange(request: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#received = ''
      this.#asker = { resolve, reject }
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#asker = undefined
    this.#socket.destroy()
  }

  #take(chunk: string): void {
    this.#received += chunk
    const headEnds = this.#received.indexOf('\r\n\r\n')
    if (headEnds < 0) return
    const head = this.#received.slice(0, headEnds)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (Number.isNaN(length)) {
      this.#asker?.reject(new Error(`an answer without a length: ${head}`))
      this.#asker = undefined
      return
    }
    if (this.#received.length < headEnds + 4 + length) return
    this.#asker?.resolve(Number(head.slice(9, 12)))
    this.#asker = undefined
  }
}
