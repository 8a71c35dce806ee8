import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { type Db, sql } from './database.ts'

export interface Site {
  id: string
  /** Changes when a backup is restored, so that reused journal numbers are not taken for old entries. */
  epoch: string
  /** Key of the tokens that customers hold; never leaves the box. */
  tokenKey: Buffer
}

/** The site's identity, made at the first start. A configured id wins over a made one only then. */
export function ensureSite(db: Db, configuredId: string | undefined, nowMs: number): Site {
  sql(
    db,
    'INSERT INTO site (only, id, epoch, token_key, created_at_ms) VALUES (1, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  ).run(configuredId ?? randomUUID(), randomUUID(), randomBytes(32), nowMs)
  return readSite(db)
}

export function readSite(db: Db): Site {
  return sql(db, 'SELECT id, epoch, token_key AS tokenKey FROM site').get() as Site
}

/**
 * Every start of the daemon has a number of its own: ownership without a clock. `earliestMs`: it cannot be earlier than that, unless what was
 * written down last was ahead.
 */
export function raiseBoot(db: Db, nowMs: number, earliestMs = nowMs): number {
  const { lastInsertRowid } = sql(db, 'INSERT INTO boots (started_at_ms, earliest_ms) VALUES (?, ?)').run(
    nowMs,
    Math.min(nowMs, earliestMs),
  )
  return Number(lastInsertRowid)
}

/** A token that proves to us that we gave it out for this text; 192 bits, nothing to store. */
export function siteToken(site: Site, text: string): string {
  return createHmac('sha256', site.tokenKey).update(text).digest('base64url').slice(0, 32)
}
