import type { Row } from '../menus/menu.ts'
import { formatSeconds, parseDurationMs } from '../ros-duration.ts'
import { HOTSPOT_SERVER, type RouterSettings } from '../router-settings.ts'
import { type Grant, withoutNothing } from './session.ts'

export const WRONG_PASSWORD = 'invalid username or password'

/** The hotspot's own user list. It is asked first: a name that it knows never reaches RADIUS. */
export function checkLocalUser(
  settings: RouterSettings,
  login: { username: string; password: string },
  macAddress: string,
): { grant: Grant } | { error: string } | undefined {
  const user = findUser(settings, login.username)
  if (!user) return undefined
  if (user.disabled === 'true' || (user.password ?? '') !== login.password) return { error: WRONG_PASSWORD }
  if (user['mac-address'] && user['mac-address'] !== macAddress) {
    return { error: `user ${login.username} is not allowed to log in from this MAC address` }
  }
  const uptime = remaining(durationOf(user['limit-uptime']), durationOf(user.uptime))
  if (uptime === 'used-up') return { error: `user ${login.username} has reached uptime limit` }
  const [upload, download] = [Number(user['bytes-in']), Number(user['bytes-out'])]
  const total = remaining(Number(user['limit-bytes-total'] ?? 0), upload + download)
  const uploadLeft = remaining(Number(user['limit-bytes-in'] ?? 0), upload)
  const downloadLeft = remaining(Number(user['limit-bytes-out'] ?? 0), download)
  if (total === 'used-up' || uploadLeft === 'used-up' || downloadLeft === 'used-up') {
    return { error: `user ${login.username} has reached traffic limit` }
  }
  const profileTimeout = durationOf(settings.userProfile(user.profile)['session-timeout'])
  const timeouts = [uptime, profileTimeout].filter((limit) => limit !== 0).map((ms) => Math.ceil(ms / 1000))
  return {
    grant: withoutNothing({
      sessionTimeoutSeconds: timeouts.length > 0 ? Math.min(...timeouts) : undefined,
      totalLimitBytes: total,
      uploadLimitBytes: uploadLeft,
      downloadLimitBytes: downloadLeft,
      profile: user.profile,
    }),
  }
}

/** A user's counters run over all its sessions. */
export function addLocalUsage(
  settings: RouterSettings,
  used: { username: string; inputBytes: number; outputBytes: number },
  uptimeMs: number,
): void {
  const user = findUser(settings, used.username)
  if (!user?.['.id']) return
  settings.users.update(user['.id'], {
    uptime: formatSeconds(durationOf(user.uptime) + uptimeMs),
    'bytes-in': String(Number(user['bytes-in']) + used.inputBytes),
    'bytes-out': String(Number(user['bytes-out']) + used.outputBytes),
  })
}

function findUser(settings: RouterSettings, username: string): Row | undefined {
  const servers = [undefined, 'all', HOTSPOT_SERVER]
  return settings.users.rows().find((row) => row.name === username && servers.includes(row.server))
}

function durationOf(text: string | undefined): number {
  return parseDurationMs(text ?? '') ?? 0
}

/** 0 is no limit. */
function remaining(limit: number, used: number): number | 'used-up' {
  if (limit === 0) return 0
  return used >= limit ? 'used-up' : limit - used
}
