import { setTimeout as sleep } from 'node:timers/promises'
import { CUSTOMER_WINDOW_MS } from '../../src/billing/payment-states.ts'
import { sql } from '../../src/store/database.ts'
import { percentile } from './percentile.ts'
import type { BenchSite, Phone } from './site.ts'

export interface Rush {
  /** From the first request until the last grant stood, until the last phone was online, and until the last SMS was out. */
  lastGrantMs: number
  lastOnlineMs: number
  lastSmsMs: number
  /** From the moment the money moved until the phone was online. */
  paidToOnlineP50Ms: number
  paidToOnlineP99Ms: number
  perSecond: number
  pushesPerSecond: number
  /** Pushes that had been sent and not yet answered, at most. */
  pushesAtOnce: number
  cpuMsPerPayment: number
  databaseBytesPerPayment: number
}

/** A thousand customers at five questions a minute take an hour. */
const PATIENCE_MS = 2 * 3_600_000

/** `count` customers ask at once, each types the PIN at once. Throws unless each is online once and has one SMS. */
export async function rush(site: BenchSite, count: number): Promise<Rush> {
  const phones = Array.from({ length: count }, () => site.join())
  const bytesBefore = databaseBytes(site)
  const smsBefore = site.sms.messages.length
  const pushesBefore = site.mpesa.pushes.length
  const paidBefore = site.mpesa.moneyTaken().count
  const cpuBefore = site.daemon.cpuMs()
  const startedAtMs = Date.now()
  const onlineAtMs = new Map<string, number>()
  await Promise.all(
    phones.map(async (phone) => {
      const online = site.router.whenOnline(phone.macAddress, PATIENCE_MS)
      await Promise.all([site.buy(phone), online.then(() => onlineAtMs.set(phone.macAddress, Date.now()))])
    }),
  )
  const lastOnlineMs = Date.now() - startedAtMs
  await site.sms.whenSent(smsBefore + count, PATIENCE_MS)
  const lastSmsMs = Date.now() - startedAtMs
  const cpuMs = site.daemon.cpuMs() - cpuBefore
  proveOnce(site, phones)

  const paidAtMs = new Map<string, number>()
  for (let nth = paidBefore + 1; nth <= paidBefore + count; nth += 1) {
    const payment = await site.mpesa.whenPaid(nth)
    paidAtMs.set(payment.phoneNumber, payment.paidAtMs)
  }
  const waits = phones.map((phone) => {
    return (onlineAtMs.get(phone.macAddress) ?? Number.NaN) - (paidAtMs.get(phone.phoneNumber) ?? Number.NaN)
  })
  const pushes = site.mpesa.pushes.slice(pushesBefore).map(({ receivedAtMs }) => receivedAtMs)
  const pushedForMs = Math.max(1, Math.max(...pushes) - Math.min(...pushes))
  const lastGrantAtMs = sql(site.db, 'SELECT max(starts_at_ms) FROM grants').pluck().get() as number
  return {
    lastGrantMs: lastGrantAtMs - startedAtMs,
    lastOnlineMs,
    lastSmsMs,
    paidToOnlineP50Ms: percentile(waits, 50),
    paidToOnlineP99Ms: percentile(waits, 99),
    perSecond: (count * 1000) / lastOnlineMs,
    pushesPerSecond: (count * 1000) / pushedForMs,
    pushesAtOnce: pushesAtOnce(site),
    cpuMsPerPayment: cpuMs / count,
    databaseBytesPerPayment: (databaseBytes(site) - bytesBefore) / count,
  }
}

/** Pages that hold something: the log beside the file, and what is free in it, do not count. */
function databaseBytes({ db }: BenchSite): number {
  const value = (name: string) => db.pragma(name, { simple: true }) as number
  return (value('page_count') - value('freelist_count')) * value('page_size')
}

/** As the history of the payments tells it. */
function pushesAtOnce({ db }: BenchSite): number {
  const under = `SELECT at_ms, CASE event WHEN 'SEND' THEN 1 ELSE -1 END AS more FROM payment_history
    WHERE event = 'SEND' OR from_state = 'SUBMITTING'`
  // Of one moment first what has ended.
  const most = `SELECT max(open) FROM (SELECT sum(more) OVER (ORDER BY at_ms, more ROWS UNBOUNDED PRECEDING) AS open FROM (${under}))`
  return sql(db, most).pluck().get() as number
}

function proveOnce(site: BenchSite, phones: readonly Phone[]): void {
  const grants = sql(site.db, 'SELECT count(*) FROM grants WHERE mac_address = ?').pluck()
  for (const { macAddress, phoneNumber } of phones) {
    const given = grants.get(macAddress)
    const sent = site.sms.messages.filter(({ to }) => to.endsWith(phoneNumber)).length
    if (given !== 1 || sent !== 1) throw new Error(`${macAddress} has ${given} grants, and its phone ${sent} SMS`)
  }
}

export interface HardlyAsked {
  asked: number
  settledMs: number
  /**
   * Of the other waiting customers whose callback was lost, how many were newer than the one who was asked about: 0 newest, 1 oldest, or
   * one who had stopped waiting.
   */
  olderFirst: number
}

/**
 * `count` customers within `overMs`, three in ten of whose callbacks are lost, at an M-PESA that answers one question per interval.
 * Throws unless every one is settled and online.
 */
export async function hardlyAsked(
  site: BenchSite,
  { count, overMs }: { count: number; overMs: number },
): Promise<HardlyAsked> {
  const startedMs = performance.now()
  const startedAtMs = Date.now()
  const underWay: Promise<unknown>[] = []
  for (let index = 0; index < count; index += 1) {
    await sleep(Math.max(0, startedMs + (index * overMs) / count - performance.now()))
    const phone = site.join()
    if (index % 10 < 3) site.mpesa.scenario(phone.phoneNumber, 'lost-callback')
    underWay.push(site.router.whenOnline(phone.macAddress, PATIENCE_MS), site.buy(phone))
  }
  await Promise.all(underWay)
  const settledMs = Date.now() - startedAtMs
  return { asked: site.mpesa.queries.length, settledMs, olderFirst: olderFirst(site) }
}

/** From so long after the push on a customer is asked about, and for so long he looks at the phone. */
const FIRST_LOOK_MS = 12_000

/** Where the customer who was asked about stood among those who waited, on the average of the questions. */
function olderFirst({ mpesa, db }: BenchSite): number {
  const lost = new Map<string, number>()
  const byQuery = sql(
    db,
    `SELECT checkout_request_id FROM payments JOIN payment_attempts ON payment_id = payments.id WHERE verified_by = 'stk_query'`,
  )
    .pluck()
    .all() as string[]
  const settledByQuery = new Set(byQuery)
  for (const { checkoutRequestId, receivedAtMs } of mpesa.pushes) {
    if (settledByQuery.has(checkoutRequestId)) lost.set(checkoutRequestId, receivedAtMs)
  }
  const places: number[] = []
  for (const { checkoutRequestId, receivedAtMs } of mpesa.queries) {
    const own = lost.get(checkoutRequestId)
    if (own === undefined) continue
    lost.delete(checkoutRequestId)
    const others = [...lost.values()].filter((sinceMs) => {
      return receivedAtMs - sinceMs >= FIRST_LOOK_MS && receivedAtMs - sinceMs < CUSTOMER_WINDOW_MS
    })
    if (others.length > 0) places.push(others.filter((sinceMs) => sinceMs > own).length / others.length)
  }
  return places.length === 0 ? Number.NaN : places.reduce((sum, place) => sum + place, 0) / places.length
}
