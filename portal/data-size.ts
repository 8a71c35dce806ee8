const noBreak = '\u00a0'

/**
 * `500 MB`, `1.5 GB`. A size sold in round millions counts in thousands, every other in 1,024s (as routers do),
 * rounded down so that nobody is promised more than there is.
 */
export function dataSize(bytes: number): string {
  const step = bytes >= 1e6 && bytes % 1e6 === 0 ? 1000 : 1024
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= step && unit < units.length - 1) {
    value /= step
    unit += 1
  }
  const shown = value < 10 ? Math.floor(value * 10) / 10 : Math.floor(value)
  return `${shown}${noBreak}${units[unit] ?? ''}`
}

/** `2 Mbps`, `512 kbps`. */
export function dataRate(kbps: number): string {
  return kbps >= 1000 ? `${Math.round(kbps / 100) / 10}${noBreak}Mbps` : `${kbps}${noBreak}kbps`
}
