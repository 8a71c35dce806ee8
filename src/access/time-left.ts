import { timesToJudgeBy } from '../flow/time-trust.ts'
import type { Db } from '../store/database.ts'
import { judgeByEnd } from './ends-by.ts'
import type { GrantAtDoor, GrantRow } from './grant-table.ts'

/** `endMs`, but no later than the grant may end at all. */
export const withinWindow = ({ useBeforeMs }: Pick<GrantRow, 'useBeforeMs'>, endMs: number): number =>
  Math.min(endMs, useBeforeMs ?? endMs)

/** When it is over if nothing happens; undefined while its clock stands still and it may be kept. */
export const nextEndMs = ({ pausedAtMs, expiresAtMs, useBeforeMs }: GrantRow): number | undefined =>
  pausedAtMs === null ? expiresAtMs : (useBeforeMs ?? undefined)

/**
 * How much of its time is left, as though it had not ended. Its clock stands still while it is paused, but not past the time
 * within which it must be used.
 */
export const leftMsOf = (grant: Pick<GrantRow, 'expiresAtMs' | 'useBeforeMs' | 'pausedAtMs'>, nowMs: number): number =>
  Math.max(0, withinWindow(grant, nowMs + grant.expiresAtMs - (grant.pausedAtMs ?? nowMs)) - nowMs)

/** What is left of a grant; nothing once it has ended. `bytes`: null when no amount of data was sold. */
export function remainingOf(
  grant: Pick<GrantRow, 'endedAtMs' | 'expiresAtMs' | 'useBeforeMs' | 'pausedAtMs' | 'dataLimitBytes' | 'usedBytes'>,
  nowMs: number,
): { seconds: number; bytes: number | null } {
  const { dataLimitBytes, usedBytes } = grant
  if (grant.endedAtMs !== null) return { seconds: 0, bytes: dataLimitBytes === null ? null : 0 }
  return {
    seconds: Math.floor(leftMsOf(grant, nowMs) / 1000),
    bytes: dataLimitBytes === null ? null : Math.max(0, dataLimitBytes - usedBytes),
  }
}

/**
 * What is left of a grant as far as the clock can be believed. While it cannot, a grant from before this start may seem to have
 * too much left, never too little.
 */
export function leftOf(
  db: Db,
  grant: Parameters<typeof remainingOf>[0] & Pick<GrantRow, 'id'> & Partial<Pick<GrantAtDoor, 'isClockUncertain'>>,
  nowMs: number,
) {
  const { lagMs } = timesToJudgeBy({ db, nowMs, isClockUncertain: grant.isClockUncertain })
  if (lagMs === 0) return remainingOf(grant, nowMs)
  const { judgedMs, pausedAtMs } = judgeByEnd({ db, nowMs }, grant)
  return remainingOf({ ...grant, pausedAtMs }, judgedMs)
}
