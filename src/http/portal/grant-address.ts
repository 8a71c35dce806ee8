import { timingSafeEqual } from 'node:crypto'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { type GrantRow, grantById } from '../../access/grant-table.ts'
import { siteToken } from '../../store/site.ts'
import type { House } from '../house.ts'

type Visitor = Pick<SitePage, 'language' | 'macAddress'>

/** Addresses of one access: who knows them holds it. With a device, what they say of being online is said of that one. */
export function grantUrls({ site }: Pick<House, 'site'>, grantId: string, macAddress?: string) {
  const pageUrl = `/a/${grantId}/${siteToken(site, tokenText(grantId))}`
  const device = macAddress === undefined ? '' : `?${new URLSearchParams({ mac: macAddress })}`
  return { pageUrl, statusUrl: `${pageUrl}/status${device}`, eventsUrl: `${pageUrl}/events${device}` }
}

/** The page of one access on the device that looks at it. */
export function grantPageOf(house: Pick<House, 'site'>, grantId: string, visitor: Visitor): string {
  const query = new URLSearchParams({ l: visitor.language })
  if (visitor.macAddress !== undefined) query.set('mac', visitor.macAddress)
  return `${grantUrls(house, grantId).pageUrl}?${query}`
}

/** A wrong token and an unknown grant look the same. */
export function grantByToken({ db, site }: House, grantId: string, token: string): GrantRow | undefined {
  const expected = Buffer.from(siteToken(site, tokenText(grantId)))
  const given = Buffer.from(token)
  return given.length === expected.length && timingSafeEqual(given, expected) ? grantById(db, grantId) : undefined
}

const tokenText = (grantId: string) => `grant:${grantId}`
