import { once } from 'node:events'
import { createServer } from 'node:net'

/** A TCP port that is free now; it stays the same over restarts of what will listen on it. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen({ host: '127.0.0.1', port: 0 })
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}
