import { type Db, sql } from '../store/database.ts'
import type { GrantRow } from './grant-table.ts'
import { withinWindow } from './time-left.ts'

/** When a grant would end but for the time to use it, which cuts that. */
export const wholeEndMs = ({ expiresAtMs, cutMs }: Pick<GrantRow, 'expiresAtMs' | 'cutMs'>): number =>
  expiresAtMs + cutMs

/** Returns the end that comes of it. */
export function setWholeEnd(
  db: Db,
  grant: Pick<GrantRow, 'id' | 'startsAtMs' | 'useBeforeMs'>,
  wholeMs: number,
): number {
  const { id, startsAtMs, useBeforeMs } = grant
  const expiresAtMs = Math.max(startsAtMs + 1, withinWindow(grant, wholeMs))
  sql(
    db,
    `UPDATE grants SET starts_at_ms = :startsAtMs, expires_at_ms = :expiresAtMs, use_before_ms = :useBeforeMs, cut_ms = :cutMs WHERE id = :id`,
  ).run({ id, startsAtMs, useBeforeMs, expiresAtMs, cutMs: Math.max(0, wholeMs - expiresAtMs) })
  return expiresAtMs
}
