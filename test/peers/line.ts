import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/** The line to a server on loopback: it can be cut, and it can die without anyone being told. */
export async function startLine(t: TestContext, targetPort: number) {
  const sockets = new Set<Socket>()
  let dead = false
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from)
    from.setNoDelay()
    from.on('data', (chunk) => {
      if (!dead && !to.destroyed) to.write(chunk)
    })
    from.on('error', () => from.destroy())
    from.on('close', () => {
      sockets.delete(from)
      if (!dead) to.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(targetPort, '127.0.0.1')
    pass(near, far)
    pass(far, near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.after(() => {
    cut()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    cut,
    /** From now on nothing gets through in either direction, and no connection ends. */
    die() {
      dead = true
    },
    heal() {
      cut()
      dead = false
    },
  }
}
