import type { Brand } from './brand.ts'
import type { Language } from './texts.ts'

/** What every customer page needs to know. */
export interface SitePage {
  siteName: string
  /** The operator's colour and logo; left out means ours. */
  brand?: Brand | undefined
  language: Language
  /** What the site offers, in the operator's order; left out means all there are. */
  languages?: readonly Language[] | undefined
  supportPhone: string | undefined
  /** Path and query of this very page: for the language switch, which keeps the query, and for "Check now". */
  path: string
  /** The device, as far as it is known; links and forms carry it along, for there are no cookies. */
  macAddress?: string | undefined
  routerId?: number | undefined
}

/** A link to another page of the portal that keeps the language and the device. */
export function linkTo(
  { language, macAddress, routerId }: SitePage,
  path: '/' | '/buy' | '/code' | '/tv' | '/help',
): string {
  const query = new URLSearchParams({ l: language })
  if (macAddress !== undefined) query.set('mac', macAddress)
  if (routerId !== undefined) query.set('router', String(routerId))
  return `${path}?${query}`
}

/** This page in another language. */
export function inLanguage({ path }: SitePage, language: Language): string {
  const at = path.indexOf('?')
  const values = new URLSearchParams(at < 0 ? '' : path.slice(at))
  values.set('l', language)
  return `${samePlace(at < 0 ? path : path.slice(0, at))}?${values}`
}

/** `//host/` in a path would lead away from here. */
function samePlace(path: string): string {
  return `/${path.replace(/^[/\\]+/, '')}`
}

/** Only the web, never `javascript:`; what is left of a bad address is the portal's own first page. */
export function safeWebAddress(address: string): string {
  return /^https?:\/\//i.test(address) ? address : '/'
}
