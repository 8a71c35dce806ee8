/** Nairobi is three hours ahead of UTC all year. The host's own time zone is never asked. */
const AHEAD_MS = 3 * 3_600_000

/** `YYYYMMDDHHmmss`, as M-PESA writes a moment. */
export function nairobiTimestamp(timeMs: number): string {
  return new Date(timeMs + AHEAD_MS).toISOString().replace(/\D/g, '').slice(0, 14)
}

/** Reads `YYYYMMDDHHmmss`, also with separators between its parts; undefined when it names no moment. */
export function fromNairobiTime(written: string): number | undefined {
  const parts = /^(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)$/.exec(written.trim())
  if (!parts) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const timeMs = Date.UTC(year, month - 1, day, hour, minute, second) - AHEAD_MS
  // 31 February would come out as a day in March.
  return nairobiTimestamp(timeMs) === parts.slice(1).join('') ? timeMs : undefined
}
