import { lookIfThere } from '../absent-menu.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import type { Row } from '../routeros-patches.ts'

/** What time a router says it is, when the network has set its clock; else undefined. Rejects with a RouterError. */
export async function readRouterClock(router: RouterSpeech): Promise<number | undefined> {
  const [ntp, clock] = await Promise.all([
    lookIfThere(router, print('/system/ntp/client', ['status', 'last-update-from'])),
    lookIfThere(router, print('/system/clock', ['date', 'time', 'gmt-offset'])),
  ])
  return isSet(ntp?.[0]) ? routerTime(clock?.[0]) : undefined
}

/** v7 says so; v6 names the server that it has heard. */
const isSet = (ntp: Row | undefined) => ntp?.status === 'synchronized' || Boolean(ntp?.['last-update-from'])

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `2026-11-26` since 7.10, `nov/26/2026` before; always with the offset that holds there now. */
export function routerTime(row: Row | undefined): number | undefined {
  const { date = '', time = '', 'gmt-offset': offset = '' } = row ?? {}
  const [, month = '', day, year] = /^([a-z]{3})\/(\d\d)\/(\d{4})$/.exec(date) ?? []
  const inMonth = String(MONTHS.indexOf(month) + 1).padStart(2, '0')
  const iso = year === undefined ? date : `${year}-${inMonth}-${day}`
  const atMs = /^[+-]\d\d:\d\d$/.test(offset) ? Date.parse(`${iso}T${time}${offset}`) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}
