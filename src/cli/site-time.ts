import { localTime } from '../local-time.ts'
import type { Daemon } from './daemon.ts'

/** How times are shown to people here: in the time zone of the site; what never was is a dash. */
export async function siteTime(daemon: Daemon): Promise<(at: string | null | undefined) => string> {
  const { time_zone: timeZone } = (await daemon.call('GET', '/api/settings')) as { time_zone: string }
  return (at) => (at == null ? '-' : localTime(at, timeZone))
}
