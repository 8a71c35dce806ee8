import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import type { RouterAddress } from '../../src/routers/routeros-connection.ts'
import { encodeSentence, SentenceReader } from '../../src/simulators/router/api/words.ts'

export interface Heard {
  /** Without the tag. */
  words: string[]
  tag: string
  peer: Peer
}

/** The router's end of one connection, for faults that no router would admit to. */
export class Peer {
  readonly socket: Socket

  constructor(socket: Socket) {
    this.socket = socket
  }

  say({ tag }: { tag: string }, reply: string, ...words: string[]): void {
    this.socket.write(encodeSentence([reply, `.tag=${tag}`, ...words]))
  }

  raw(...words: string[]): void {
    this.socket.write(encodeSentence(words))
  }
}

export interface ScriptedRouter {
  address: RouterAddress
  /** Connections accepted, oldest first. */
  readonly peers: readonly Peer[]
  /** Commands heard, logins left out, oldest first. */
  readonly heard: readonly Heard[]
  /** Resolves when this many commands were heard. */
  whenHeard(count: number): Promise<Heard>
  stop(): Promise<void>
}

export interface Script {
  /** Default: every login is right. */
  login?: (login: Heard) => void
  /** Default: every command is answered with a plain yes. */
  act?: (command: Heard) => void
  connected?: (peer: Peer) => void
  tls?: TlsOptions
  /** Default: any that is free. */
  port?: number
}

/** A far end that does with each command what the test says. */
export async function startScriptedRouter({
  login = yes,
  act = yes,
  connected,
  tls,
  port = 0,
}: Script = {}): Promise<ScriptedRouter> {
  const peers: Peer[] = []
  const heard: Heard[] = []
  const waiting = new Set<() => void>()
  const accept = (socket: Socket) => {
    // A client that gives up is part of the script.
    socket.on('error', () => socket.destroy())
    const peer = new Peer(socket)
    peers.push(peer)
    connected?.(peer)
    const reader = new SentenceReader()
    socket.on('data', (chunk) => {
      for (const sentence of reader.read(chunk)) {
        const tag = sentence.find((word) => word.startsWith('.tag='))?.slice('.tag='.length) ?? ''
        const command = { words: sentence.filter((word) => !word.startsWith('.tag=')), tag, peer }
        if (command.words[0] === '/login') {
          login(command)
          continue
        }
        heard.push(command)
        for (const check of waiting) check()
        act(command)
      }
    })
  }
  const half = { allowHalfOpen: true, noDelay: true }
  const server: Server = tls ? createTlsServer({ ...tls, ...half }, accept) : createServer(half, accept)
  // Also those that never finish their TLS handshake.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    address: {
      routerId: 1,
      host: '127.0.0.1',
      port: bound.port,
      tls: tls !== undefined,
      username: 'mlango',
      password: 'secret',
    },
    peers,
    heard,
    whenHeard: (count) =>
      new Promise((resolve) => {
        const check = () => {
          const command = heard[count - 1]
          if (!command) return
          waiting.delete(check)
          resolve(command)
        }
        waiting.add(check)
        check()
      }),
    async stop() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export function yes(command: Heard): void {
  command.peer.say(command, '!done')
}

export function silent(): void {}
