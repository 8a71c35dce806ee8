import { type GrantRow, remainingOf } from '../../src/access/grant-table.ts'
import { type HotspotUser, userComment } from '../../src/routers/hotspot-user.ts'

/** A grant as the user that stands for it on a router which does not ask RADIUS. */
export function localUser(grant: GrantRow, nowMs: number): HotspotUser {
  const { seconds, bytes } = remainingOf(grant, nowMs)
  const { username, password, downKbps, upKbps, deviceLimit } = grant
  return {
    username,
    password,
    limitUptimeSeconds: seconds,
    ...(bytes !== null && { limitBytesTotal: bytes }),
    terms: { downKbps, upKbps, deviceLimit },
    comment: userComment(grant.id),
  }
}
