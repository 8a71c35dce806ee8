import { KeepAliveSocket } from './keep-alive-socket.ts'

const SOCKETS = 16

/** How many were answered, each socket asking again as soon as it was. `pathOf` is given a number. Throws when an answer is not 200. */
export async function requestsWithin(
  port: number,
  pathOf: (request: number) => string,
  forMs: number,
): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => KeepAliveSocket.open(port)))
  const startMs = performance.now()
  let asked = 0
  let answered = 0
  const ask = async (socket: KeepAliveSocket) => {
    while (performance.now() - startMs < forMs) {
      asked += 1
      const path = pathOf(asked)
      const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n\r\n`
      const status = await socket.exchange(Buffer.from(request))
      if (status !== 200) throw new Error(`${path} answered ${status}`)
      answered += 1
    }
    socket.close()
  }
  await Promise.all(sockets.map(ask))
  return answered
}
