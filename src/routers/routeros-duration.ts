const UNIT_SECONDS: Record<string, number> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1, ms: 0 }

/** Seconds of `1w2d3h4m5s`, `1d02:03:04`, `00:01:29` or plain seconds, milliseconds dropped; undefined for anything else. */
export function parseDurationSeconds(text: string): number | undefined {
  if (!/^(?:\d+(?:w|d|h|ms|m|s))*(?:\d+(?::\d+)*(?:\.\d+)?)?$/.test(text) || text === '') return undefined
  const units = [...text.matchAll(/(\d+)([a-z]+)/g)]
  const clock = text.slice(units.map(([whole]) => whole).join('').length)
  const clockSeconds = clock.split(':').reduce((seconds, part) => seconds * 60 + Math.floor(Number(part)), 0)
  return units.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNIT_SECONDS[unit] ?? 0), clockSeconds)
}
