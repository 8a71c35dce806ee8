import type { Facts } from '../flow/facts.ts'
import type { LiveData } from '../routers/watch/live-data.ts'

export interface LiveView extends LiveData {
  /** Bits per second since the look before, by interface; none after the first look or a restart of the router. */
  rates: Map<string, { rxBps: number; txBps: number }>
}

/** The last live data of each router. It is news, not a record: after a restart of the daemon it comes again with the next look. */
export function openLiveBoard(facts: Facts): (routerId: number) => LiveView | undefined {
  const board = new Map<number, LiveView>()
  facts.subscribe((news) => {
    if (news.type !== 'router.live_data_updated') return
    const live: LiveData = news.data
    board.set(live.routerId, { ...live, rates: ratesBetween(board.get(live.routerId), live) })
  })
  return (routerId) => board.get(routerId)
}

function ratesBetween(before: LiveData | undefined, now: LiveData): LiveView['rates'] {
  const seconds = before ? (now.atMs - before.atMs) / 1000 : 0
  const rates: LiveView['rates'] = new Map()
  if (seconds <= 0) return rates
  for (const { name, rxBytes, txBytes } of now.interfaces) {
    const old = before?.interfaces.find((one) => one.name === name)
    if (!old || rxBytes < old.rxBytes || txBytes < old.txBytes) continue
    const bps = (bytes: number) => Math.round((bytes * 8) / seconds)
    rates.set(name, { rxBps: bps(rxBytes - old.rxBytes), txBps: bps(txBytes - old.txBytes) })
  }
  return rates
}
