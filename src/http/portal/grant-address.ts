import { timingSafeEqual } from 'node:crypto'
import { type GrantRow, grantById } from '../../access/grant-table.ts'
import { siteToken } from '../../store/site.ts'
import type { House } from '../house.ts'

/** Addresses of one access: who knows them holds it. */
export function grantUrls({ site }: Pick<House, 'site'>, grantId: string) {
  const pageUrl = `/a/${grantId}/${siteToken(site, tokenText(grantId))}`
  return { pageUrl, statusUrl: `${pageUrl}/status`, eventsUrl: `${pageUrl}/events` }
}

/** A wrong token and an unknown grant look the same. */
export function grantByToken({ db, site }: House, grantId: string, token: string): GrantRow | undefined {
  const expected = Buffer.from(siteToken(site, tokenText(grantId)))
  const given = Buffer.from(token)
  return given.length === expected.length && timingSafeEqual(given, expected) ? grantById(db, grantId) : undefined
}

const tokenText = (grantId: string) => `grant:${grantId}`
