/**
 * Times as counts per bucket, so that minutes can be added up and still have percentiles. A bucket is 2^(1/4) wide: what
 * comes out is at most 19 % above what went in.
 */
export type Times = Record<string, number>

const PER_DOUBLING = 4

export function addTime(times: Times, ms: number): void {
  const bucket = Math.ceil(PER_DOUBLING * Math.log2(Math.max(0, ms) + 1))
  times[bucket] = (times[bucket] ?? 0) + 1
}

export function addTimes(to: Times, more: Times): Times {
  for (const [bucket, count] of Object.entries(more)) to[bucket] = (to[bucket] ?? 0) + count
  return to
}

/** Null when there are none. */
export function timeAt(times: Times, percent: number): number | null {
  const buckets = Object.entries(times)
    .map(([bucket, count]) => ({ bucket: Number(bucket), count }))
    .sort((a, b) => a.bucket - b.bucket)
  const wanted = (buckets.reduce((sum, { count }) => sum + count, 0) * percent) / 100
  let seen = 0
  const found = buckets.find(({ count }) => {
    seen += count
    return seen >= wanted
  })
  return found ? Math.round((2 ** (found.bucket / PER_DOUBLING) - 1) * 10) / 10 : null
}
