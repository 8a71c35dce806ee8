import { fork } from 'node:child_process'
import { once } from 'node:events'

export type PeerKind = 'nothing' | 'per-request'

export interface Peer {
  readonly port: number
  stop(): Promise<void>
}

/** As in scripts/mlango, so that the collector works as often as the daemon's. */
const HEAP_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=64']

export async function startPeer(
  kind: PeerKind,
  options: { dataDir: string; adminToken: string; environment: Record<string, string> },
): Promise<Peer> {
  const child = fork(new URL('./callback-peer.js', import.meta.url), [kind, options.dataDir, options.adminToken], {
    execArgv: HEAP_FLAGS,
    env: { PATH: process.env.PATH ?? '', ...options.environment },
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the peer ended with ${code}`)
  })
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }]
  ended.catch(() => {})
  return {
    port,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.send('stop')
      await exit
    },
  }
}
