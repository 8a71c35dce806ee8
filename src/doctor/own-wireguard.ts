import { hasWireGuard, readOwnVpnPeers } from '../routers/watch/appliance-wireguard.ts'
import { type Finding, findingsAbout } from './finding.ts'

const ANSWER_MS = 5_000

const wireGuard = findingsAbout('wireguard')

/** Whether the service may see the WireGuard peers of this machine; nothing when it has none. */
export async function lookAtOwnWireGuard(): Promise<Finding[]> {
  if (!hasWireGuard()) return []
  const peers = await readOwnVpnPeers(AbortSignal.timeout(ANSWER_MS))
  if (peers) return [wireGuard.well(`This machine has ${peers.length} peers.`)]
  const todo = 'Have them written down every minute: docs/routers.md, "WireGuard of the box itself".'
  return [wireGuard.wrong('The kernel does not show the peers of this machine to the service.', todo)]
}
