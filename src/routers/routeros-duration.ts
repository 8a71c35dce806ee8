const UNITS: Record<string, number> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 }

/** Seconds of `1w2d3h4m5s`, `1d02:03:04`, `00:01:29` or plain seconds, milliseconds dropped; undefined for anything else. */
export function parseDurationSeconds(text: string): number | undefined {
  const [, units = '', clock = '', plain = ''] =
    /^((?:\d+[wdhms](?![s]))*)(?:\d+ms)?((?:\d+:)?\d+:\d+(?:\.\d+)?)?$|^(\d+)$/.exec(text) ?? []
  if (units + clock + plain === '') return undefined
  const named = [...units.matchAll(/(\d+)([wdhms])/g)].map(([, count, unit = '']) => Number(count) * (UNITS[unit] ?? 0))
  const counted = clock.split(':').reduce((seconds, part) => seconds * 60 + Math.floor(Number(part)), 0)
  return named.reduce((sum, seconds) => sum + seconds, counted + Number(plain))
}
