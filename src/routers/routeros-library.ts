import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Channel, Connector, Receiver, RouterOSAPI } from 'node-routeros'
import { MlangoError } from '../errors.ts'
import type { RouterTrap } from './router-error.ts'
import {
  type InnerApi,
  type InnerChannel,
  type InnerConnector,
  type InnerReceiver,
  patchChannel,
  patchConnector,
  patchLogin,
  patchReceiver,
  type Row,
  refuseStreams,
  trapsOf,
} from './routeros-patches.ts'

/**
 * The only importer of node-routeros, which nobody maintains: its defects are cured without a fork, its prototypes patched
 * once, here; what needs timers is cured in routeros-connection.ts. Numbers are those of docs/routeros-defects.md.
 */
const KNOWN_VERSION = '1.6.9'

/** One connection of the library; of no more use after it has ended, since the library does not survive a second one (17). */
export interface LibraryConnection {
  /** Resolves when logged in. May never settle (3). */
  connect(): Promise<unknown>
  /** There as soon as `connect` was called, unless that failed at once. */
  socket(): Socket | undefined
  /** `reply` may never settle (2, 4); `traps` fills as they come. */
  send(words: readonly string[]): { reply: Promise<Row[]>; traps: readonly RouterTrap[] }
  /** May never settle (7). */
  close(): Promise<unknown>
  /** Raises no event. */
  destroy(): void
}

interface LibraryOptions {
  host: string
  port: number
  username: string
  password: string
  tls: ConnectionOptions | undefined
  /** The library's own: of a socket on which nothing moves. */
  idleTimeoutMs: number
  onError(error: unknown): void
  onClose(): void
}

requireKnownVersion(installedVersion())
patchReceiver(Receiver.prototype as unknown as InnerReceiver)
patchConnector(Connector.prototype as unknown as InnerConnector)
patchChannel(Channel.prototype as unknown as InnerChannel)
patchLogin(RouterOSAPI.prototype as unknown as InnerApi, openChannel)
refuseStreams(RouterOSAPI.prototype as unknown as Record<string, unknown>)

/** Attaches its listeners before anything can happen (6). The port is never left to the library (15). */
export function openLibraryConnection(options: LibraryOptions): LibraryConnection {
  const { host, port, username, password, tls, idleTimeoutMs } = options
  const api = new RouterOSAPI({
    host,
    port,
    user: username,
    password,
    timeout: Math.ceil(idleTimeoutMs / 1000),
    // Typed as a server's options, used as a client's.
    ...(tls && { tls: tls as object }),
  }) as unknown as InnerApi
  api.on('error', options.onError)
  api.on('close', options.onClose)
  let connector: InnerConnector | undefined
  return {
    connect() {
      const connected = api.connect()
      connector = api.connector ?? undefined
      return connected
    },
    socket: () => connector?.socket,
    send(words) {
      const channel = openChannel(connector)
      const reply = channel.write(words)
      return { reply, traps: trapsOf(channel) }
    },
    close: () => api.close(),
    destroy() {
      if (connector?.socket) connector.destroy()
    },
  }
}

/** Not through `api.write`, whose keep-alive sends the router nonsense (`#`) while a command takes long. */
function openChannel(connector: InnerConnector | null | undefined): InnerChannel {
  return new Channel(connector as unknown as Connector) as unknown as InnerChannel
}

/** Any other version may have other insides: then nothing is patched and nothing starts. */
export function requireKnownVersion(version: string): void {
  if (version === KNOWN_VERSION) return
  throw new MlangoError(
    'routeros-library-unknown',
    `node-routeros is ${version}, but what makes it safe was made for ${KNOWN_VERSION}. Install exactly that version.`,
  )
}

function installedVersion(): string {
  return (createRequire(import.meta.url)('node-routeros/package.json') as { version: string }).version
}
