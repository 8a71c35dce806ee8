import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { VpnPeer } from './wireguard.ts'

const ANSWER_MS = 5_000
const INTERFACES = '/sys/class/net'

/** The kernel shows peers to root alone: `systemd/mlango-wireguard.timer` has them written here, without keys. */
const PEERS_FILE = '/run/mlango-wireguard/peers'

/** The peers of this machine itself, if it has WireGuard and we may see them; otherwise undefined. */
export async function readOwnVpnPeers(signal: AbortSignal, file = PEERS_FILE): Promise<VpnPeer[] | undefined> {
  const written = await orNothing(readFile(file, { encoding: 'utf8', signal }))
  if (written !== undefined) return peersInDump(written)
  const asked = await orNothing(promisify(execFile)('wg', ['show', 'all', 'dump'], { timeout: ANSWER_MS, signal }))
  return asked && peersInDump(asked.stdout)
}

/** Whether this machine has WireGuard at all. */
export function hasWireGuard(): boolean {
  try {
    return readdirSync(INTERFACES).some((name) =>
      readFileSync(`${INTERFACES}/${name}/uevent`, 'utf8').includes('DEVTYPE=wireguard'),
    )
  } catch {
    // Not Linux, or an interface that has just gone.
    return false
  }
}

/** No file, no program, no right: there is nothing to see, and why is for `mlango doctor` to say. */
const orNothing = <Value>(asked: Promise<Value>): Promise<Value | undefined> => asked.catch(() => undefined)

/**
 * Of `wg show all dump`, fields apart by tabs: an interface has five, a peer nine (interface, public key, preshared key,
 * endpoint, allowed addresses, last handshake in seconds since 1970 or 0, bytes received, bytes sent, keep-alive).
 */
export function peersInDump(dump: string): VpnPeer[] {
  return dump.split('\n').flatMap((line) => {
    const fields = line.split('\t')
    const [name = '', publicKey = '', , endpoint = '', , handshake = '0', rx = '0', tx = '0'] = fields
    if (fields.length < 9) return []
    return [
      {
        interface: name,
        publicKey,
        name: null,
        endpoint: endpoint === '(none)' ? null : endpoint,
        handshakeAtMs: Number(handshake) === 0 ? null : Number(handshake) * 1000,
        rxBytes: Number(rx),
        txBytes: Number(tx),
      },
    ]
  })
}
