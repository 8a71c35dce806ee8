const UNITS_MS: [unit: string, ms: number][] = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** Milliseconds of `1w2d3h4m5s6ms`, `01:00:00` or plain seconds; undefined when it is none of them. */
export function parseDurationMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const clock = /^(\d+):(\d\d):(\d\d)$/.exec(text)
  if (clock) return (Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3])) * 1000
  const parts = /^(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (!parts || text === '') return undefined
  return UNITS_MS.reduce((sum, [, unitMs], index) => sum + Number(parts[index + 1] ?? 0) * unitMs, 0)
}

/** The router's own spelling: largest units first, zero ones left out, `0s` for nothing. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.floor(ms))
  const parts = UNITS_MS.map(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs)
    rest -= count * unitMs
    return count === 0 ? '' : `${count}${unit}`
  })
  return parts.join('') || '0s'
}

/** The same without the part below a second, as uptimes are printed. */
export function formatSeconds(ms: number): string {
  return formatDuration(Math.floor(ms / 1000) * 1000)
}
