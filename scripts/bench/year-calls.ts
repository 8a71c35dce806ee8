import { dayReport } from '../../src/billing/day-report.ts'
import { KeepAliveSocket } from './keep-alive-socket.ts'
import { percentile } from './percentile.ts'
import { ADMIN_TOKEN, type BenchSite } from './site.ts'
import { businessDay } from './year-of-payments.ts'

/** Calls that somebody waits for, by what they are. */
export async function callsOf(site: BenchSite): Promise<Record<string, string>> {
  const { status_url } = await site.buy(site.join())
  return { portal: '/', packages: '/api/packages', status: String(status_url), dashboard: '/api/dashboard' }
}

/** A call that takes long is asked less often. */
const LONGEST_MS = 2_000

/** Median time of one answer, asked one after the other on one connection. */
export async function answerMs(site: BenchSite, path: string, times: number): Promise<number> {
  const endsMs = performance.now() + LONGEST_MS
  const socket = await KeepAliveSocket.open(site.port)
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${ADMIN_TOKEN}\r\n\r\n`)
  try {
    const waits: number[] = []
    for (let nth = 0; nth < times && performance.now() < endsMs; nth += 1) {
      const startedMs = performance.now()
      const status = await socket.exchange(request)
      waits.push(performance.now() - startedMs)
      if (status !== 200) throw new Error(`${path} answered ${status}`)
    }
    return percentile(waits, 50)
  } finally {
    socket.close()
  }
}

/** How long the settlement report takes of a day `daysAgo`, as closing the day makes it. */
export function reportMs(site: BenchSite, daysAgo: number): number {
  const startedMs = performance.now()
  dayReport(site.db, businessDay(daysAgo))
  return performance.now() - startedMs
}
