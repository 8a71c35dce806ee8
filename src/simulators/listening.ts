import { once } from 'node:events'
import type { Server } from 'node:net'
import { MlangoError } from '../errors.ts'

/** Resolves when the server listens; port 0 picks a free one. Rejects with `cannot-listen`. */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'another program has that port, choose another one' : message
    throw new MlangoError('cannot-listen', `Cannot listen on ${host}:${port}: ${why}.`, { cause: thrown })
  }
}

/** `host:port` of a listening server, as it stands in a URL. */
export function addressOf(server: Server): string {
  const { address, port, family } = tcpAddress(server)
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
}

export function portOf(server: Server): number {
  return tcpAddress(server).port
}

function tcpAddress(server: Server) {
  const address = server.address()
  if (address === null || typeof address === 'string') {
    throw new MlangoError('simulator-not-listening', 'the simulator does not listen on a TCP port')
  }
  return address
}
