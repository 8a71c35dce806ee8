import { KeepAliveSocket } from './keep-alive-socket.ts'

const SOCKETS = 16

/** Requests per second of one page, each socket asking again as soon as it was answered. Throws when an answer is not 200. */
export async function requestsPerSecond(port: number, path: string, forMs: number): Promise<number> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n`)
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => KeepAliveSocket.open(port)))
  const startMs = performance.now()
  let answered = 0
  const ask = async (socket: KeepAliveSocket) => {
    while (performance.now() - startMs < forMs) {
      const status = await socket.exchange(request)
      if (status !== 200) throw new Error(`${path} answered ${status}`)
      answered += 1
    }
    socket.close()
  }
  await Promise.all(sockets.map(ask))
  return (answered * 1000) / (performance.now() - startMs)
}
