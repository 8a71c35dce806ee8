import { lookIfThere } from '../absent-menu.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import { parseDurationSeconds } from '../routeros-duration.ts'
import type { Row } from '../routeros-patches.ts'

/** One WireGuard peer as the machine that has it sees it. */
export interface VpnPeer {
  interface: string
  publicKey: string
  name: string | null
  endpoint: string | null
  /** Null before the first. */
  handshakeAtMs: number | null
  rxBytes: number
  txBytes: number
}

const MENU = '/interface/wireguard/peers'
const SHOWN = [
  'interface',
  'name',
  'comment',
  'public-key',
  'current-endpoint-address',
  'current-endpoint-port',
  'last-handshake',
  'rx',
  'tx',
  'disabled',
]

/** The peers of a router; none where there is no WireGuard (RouterOS 6). Rejects with a RouterError. */
export async function readVpnPeers(router: RouterSpeech, nowMs: number): Promise<VpnPeer[]> {
  const rows = await lookIfThere(router, print(MENU, SHOWN))
  return (rows ?? []).filter(({ disabled }) => disabled !== 'true').map((row) => peerOf(row, nowMs))
}

function peerOf(row: Row, nowMs: number): VpnPeer {
  const ageSeconds = parseDurationSeconds(row['last-handshake'] ?? '')
  const endpoint = row['current-endpoint-address']
  return {
    interface: row.interface ?? '',
    publicKey: row['public-key'] ?? '',
    name: row.comment ?? row.name ?? null,
    endpoint: endpoint === undefined ? null : `${endpoint}:${row['current-endpoint-port'] ?? ''}`,
    handshakeAtMs: ageSeconds === undefined ? null : nowMs - ageSeconds * 1000,
    rxBytes: bytesIn(row.rx),
    txBytes: bytesIn(row.tx),
  }
}

/** Plain bytes; some releases say `2450.9KiB`. */
function bytesIn(text = '0'): number {
  const [, number = '0', unit = ''] = /^([\d.]+)\s*([KMGT]?)(?:iB)?$/.exec(text) ?? []
  return Math.round(Number(number) * 1024 ** ['', 'K', 'M', 'G', 'T'].indexOf(unit))
}
