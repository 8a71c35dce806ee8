import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from '../../src/store/database.ts'
import type { RadiusTap } from './radius-tap.ts'
import type { BenchSite, Phone } from './site.ts'

/** When each thing was so, in ms since M-PESA sent the callback. */
export interface Followed {
  /** The daemon had the callback in its transaction. */
  taken: number
  /** The grant stands. */
  granted: number
  /** RADIUS said yes to this phone. */
  accepted: number
  /** The router has the phone logged in. */
  online: number
  /** The daemon has written that down. */
  noted: number
}

const PATIENCE_MS = 60_000

/** `count` customers buy, so many a second, and pay at once. Throws unless each is online exactly once. */
export async function followPayments(
  { site, tap }: { site: BenchSite; tap: RadiusTap },
  { count, perSecond }: { count: number; perSecond: number },
): Promise<Followed[]> {
  const startMs = performance.now()
  const onlineAtMs = new Map<string, number>()
  const underWay: Promise<unknown>[] = []
  const phones: Phone[] = []
  for (let index = 0; index < count; index += 1) {
    await sleep(Math.max(0, startMs + (index * 1000) / perSecond - performance.now()))
    const phone = site.join()
    phones.push(phone)
    const online = site.router.whenOnline(phone.macAddress, PATIENCE_MS)
    underWay.push(
      online.then(() => onlineAtMs.set(phone.macAddress, Date.now())),
      site.buy(phone),
    )
  }
  await Promise.all(underWay)
  await untilNoted(site, phones)
  const sentAtMs = await paidTimes(site)
  return phones.map(({ macAddress, phoneNumber }) => {
    const logins = site.router.logins.filter((login) => login.macAddress === macAddress && login.outcome === 'online')
    if (logins.length !== 1) throw new Error(`${macAddress} was logged in ${logins.length} times`)
    const kept = storedTimes(site, macAddress)
    const since = (atMs: number | null | undefined) => (atMs ?? Number.NaN) - (sentAtMs.get(phoneNumber) ?? Number.NaN)
    return {
      taken: since(kept?.takenAtMs),
      granted: since(kept?.grantedAtMs),
      accepted: since(tap.acceptedAtMs.get(macAddress)),
      online: since(onlineAtMs.get(macAddress)),
      noted: since(kept?.notedAtMs),
    }
  })
}

/** By phone number: the money moves and the callback leaves in the same instant. */
async function paidTimes({ mpesa }: BenchSite): Promise<Map<string, number>> {
  const times = new Map<string, number>()
  for (let count = 1; count <= mpesa.moneyTaken().count; count += 1) {
    const { phoneNumber, paidAtMs } = await mpesa.whenPaid(count)
    times.set(phoneNumber, paidAtMs)
  }
  return times
}

interface StoredTimes {
  takenAtMs: number
  grantedAtMs: number
  notedAtMs: number | null
}

const storedTimes = ({ db }: BenchSite, macAddress: string) =>
  sql(
    db,
    `SELECT r.arrived_at_ms AS takenAtMs, g.starts_at_ms AS grantedAtMs, g.online_at_ms AS notedAtMs
     FROM payments p JOIN receipts r ON r.payment_id = p.id JOIN grants g ON g.source_id = p.id WHERE p.mac_address = ?`,
  ).get(macAddress) as StoredTimes | undefined

async function untilNoted(site: BenchSite, phones: readonly Phone[]): Promise<void> {
  const endsMs = performance.now() + PATIENCE_MS
  while (phones.some(({ macAddress }) => (storedTimes(site, macAddress)?.notedAtMs ?? null) === null)) {
    if (performance.now() > endsMs) throw new Error('the daemon did not note that every phone is online')
    await sleep(50)
  }
}
