import { type Db, sql } from '../store/database.ts'

/** One thing that changed how long a grant runs. */
export interface GrantChapter {
  atMs: number
  what: 'given' | 'withdrawn' | 'returned' | 'outage-credit' | 'ended'
  seconds: number | null
  /** Of the cause: which payment, voucher, operator's click, or outage; why it ended. */
  cause: string
}

/** Oldest first. */
export function storyOfGrant(db: Db, grantId: string): GrantChapter[] {
  return sql(
    db,
    `SELECT given_at_ms AS atMs, 'given' AS what, seconds, source || ' ' || source_id AS cause FROM grant_parts WHERE grant_id = :grantId
     UNION ALL SELECT withdrawn_at_ms, 'withdrawn', seconds, source || ' ' || source_id FROM grant_parts
       WHERE grant_id = :grantId AND withdrawn_at_ms IS NOT NULL
     UNION ALL SELECT withdrawn.withdrawn_at_ms, 'withdrawn', seconds, source || ' ' || source_id
       FROM grant_parts JOIN grant_returns AS withdrawn USING (source, source_id) WHERE grant_id = :grantId
     UNION ALL SELECT returned_at_ms, 'returned', seconds, source || ' ' || source_id
       FROM grant_parts JOIN grant_returns USING (source, source_id) WHERE grant_id = :grantId
     UNION ALL SELECT at_ms, 'outage-credit', credit.seconds - coalesce(paused.seconds, 0), 'outage ' || outage_id
       FROM outage_credits AS credit LEFT JOIN outage_credits_paused AS paused USING (grant_id, outage_id)
       WHERE grant_id = :grantId AND credit.seconds > coalesce(paused.seconds, 0)
     UNION ALL SELECT ended_at_ms, 'ended', NULL, end_reason FROM grants WHERE id = :grantId AND ended_at_ms IS NOT NULL
     ORDER BY 1`,
  ).all({ grantId }) as GrantChapter[]
}
