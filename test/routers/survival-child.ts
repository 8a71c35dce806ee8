import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { RouterOSAPI } from 'node-routeros'
import { asError } from '../../src/errors.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import { openConnection, type RouterAddress } from '../../src/routers/routeros-connection.ts'
import { openLibraryConnection } from '../../src/routers/routeros-library.ts'
import { type Heard, silent, startScriptedRouter, yes } from './scripted-router.ts'

/** Run by survival.test.ts as a process of its own: plays one fault and prints what came of it. */
const FAULTS: Record<string, () => Promise<unknown>> = {
  async empty() {
    const router = await startScriptedRouter({
      act(command) {
        command.peer.say(command, '!empty')
        yes(command)
      },
    })
    const connection = await openConnection(router.address)
    return [await connection.run(['/print']), await connection.run(['/print'])]
  },

  async 'reset-while-idle'() {
    const router = await startScriptedRouter()
    const { promise, resolve } = Promise.withResolvers<void>()
    const connection = await openConnection(router.address, { onGone: resolve })
    router.peers[0]?.socket.resetAndDestroy()
    await promise
    return connection.alive
  },

  async 'long-idle'() {
    const router = await startScriptedRouter({ act: silent })
    const { promise, resolve } = Promise.withResolvers<unknown>()
    const library = openLibraryConnection({
      ...router.address,
      tls: undefined,
      idleTimeoutMs: 1_000,
      onError: resolve,
      onClose: () => {},
    })
    await library.connect()
    return asError(await promise).message
  },

  async 'unknown-tag'() {
    const act = (command: Heard) => {
      command.peer.say({ tag: 'nobody' }, '!re', '=name=x')
      command.peer.raw('!re', '=name=untagged')
      command.peer.raw()
      command.peer.say(command, '!re', '=name=mine')
      yes(command)
      yes(command)
    }
    const router = await startScriptedRouter({ act })
    const connection = await openConnection(router.address)
    return [await connection.run(['/print']), await connection.run(['/print'])]
  },

  async streams() {
    const api = new RouterOSAPI({ host: '127.0.0.1' })
    return [() => api.writeStream('/listen'), () => api.stream('/listen'), () => api.keepaliveBy('#')].map((call) => {
      try {
        return call()
      } catch (thrown) {
        return (thrown as { code?: string }).code
      }
    })
  },

  async 'odd-login'() {
    const router = await startScriptedRouter({
      login(command) {
        command.peer.say(command, '!re', '=what=ever')
        command.peer.say(command, '!done', '=ret=not-a-challenge')
      },
    })
    return kindOf(openConnection(router.address))
  },

  async 'closed-before-tls'() {
    return kindOf(openConnection(await peerWithoutTls((socket) => socket.resume().end())))
  },

  async 'reset-during-tls'() {
    return kindOf(openConnection(await peerWithoutTls((socket) => socket.once('data', () => socket.resetAndDestroy()))))
  },

  async 'silent-during-tls'() {
    return kindOf(openConnection(await peerWithoutTls((socket) => socket.resume())))
  },
}

/** It takes the connection, and does this in place of the handshake. */
async function peerWithoutTls(instead: (socket: Socket) => void): Promise<RouterAddress> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    instead(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { routerId: 1, host: '127.0.0.1', port, tls: true, username: 'mlango', password: 'secret' }
}

async function kindOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'connected',
    (error) => (error instanceof RouterError ? error.kind : error),
  )
}

const outcome = await FAULTS[process.argv[2] ?? '']?.()
// What comes late would end the process now.
for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
process.stdout.write(JSON.stringify(outcome), () => process.exit())
