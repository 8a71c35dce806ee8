import { execFile } from 'node:child_process'
import type { VpnPeer } from './wireguard.ts'

const ANSWER_MS = 5_000

/** The peers of this machine itself, if it has WireGuard and lets us look; otherwise undefined. */
export function readOwnVpnPeers(signal: AbortSignal): Promise<VpnPeer[] | undefined> {
  return new Promise((resolve) => {
    execFile('wg', ['show', 'all', 'dump'], { timeout: ANSWER_MS, signal }, (error, output) =>
      resolve(error ? undefined : peersInDump(output)),
    )
  })
}

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
