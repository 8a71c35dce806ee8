import { RouterError } from './router-error.ts'
import type { RouterSpeech } from './router-speech.ts'
import { print } from './router-words.ts'
import { parseDurationSeconds } from './routeros-duration.ts'

/** One session as the router itself lists it. `input` is the customer's upload. */
export interface OnlineSession {
  username: string
  macAddress: string
  ipAddress: string
  uptimeSeconds: number
  /** Undefined for PPP, which this list does not count. */
  bytes: { inputBytes: number; outputBytes: number } | undefined
}

export type OnlineOutcome =
  | { outcome: 'listed'; sessions: OnlineSession[] }
  | { outcome: 'unreachable'; error: RouterError }

/** Who is online at a router now, by hotspot or PPP. */
export const listOnline = (router: RouterSpeech): Promise<OnlineOutcome> =>
  listed(async () => [...(await hotspotSessions(router)), ...(await pppSessions(router))])

/** Which devices are online at its hotspot as this user. */
export const listOnlineAs = (router: RouterSpeech, username: string): Promise<OnlineOutcome> =>
  listed(() => hotspotSessions(router, `user=${username}`))

async function listed(list: () => Promise<OnlineSession[]>): Promise<OnlineOutcome> {
  try {
    return { outcome: 'listed', sessions: await list() }
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown
    return { outcome: 'unreachable', error: thrown }
  }
}

async function hotspotSessions(router: RouterSpeech, ...query: string[]): Promise<OnlineSession[]> {
  const properties = ['user', 'address', 'mac-address', 'uptime', 'bytes-in', 'bytes-out']
  const rows = await router.look(print('/ip/hotspot/active', properties, ...query))
  return rows.map((row) => ({
    username: row.user ?? '',
    macAddress: row['mac-address'] ?? '',
    ipAddress: row.address ?? '',
    uptimeSeconds: parseDurationSeconds(row.uptime ?? '') ?? 0,
    bytes: { inputBytes: Number(row['bytes-in'] ?? 0), outputBytes: Number(row['bytes-out'] ?? 0) },
  }))
}

/** A router without PPP has no such menu. */
async function pppSessions(router: RouterSpeech): Promise<OnlineSession[]> {
  try {
    const rows = await router.look(print('/ppp/active', ['name', 'caller-id', 'address', 'uptime']))
    return rows.map((row) => ({
      username: row.name ?? '',
      macAddress: row['caller-id'] ?? '',
      ipAddress: row.address ?? '',
      uptimeSeconds: parseDurationSeconds(row.uptime ?? '') ?? 0,
      bytes: undefined,
    }))
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.kind === 'trap') return []
    throw thrown
  }
}
