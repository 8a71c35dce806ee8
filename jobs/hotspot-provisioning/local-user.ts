import type { GrantRow } from '../../src/access/grant-table.ts'
import { countedAt } from '../../src/access/local-usage.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { deviceOfTrial } from '../../src/access/trial-device.ts'
import { type HotspotUser, userComment } from '../../src/routers/hotspot-user.ts'
import type { Db } from '../../src/store/database.ts'

/** A grant as the user that stands for it on a router which does not ask RADIUS. */
export function localUser(db: Db, grant: GrantRow, routerId: number, nowMs: number): HotspotUser {
  const { seconds, bytes } = leftOf(db, grant, nowMs)
  const macAddress = deviceOfTrial(db, grant)
  const { username, password, downKbps, upKbps, deviceLimit } = grant
  return {
    username,
    password,
    limitUptimeSeconds: seconds,
    // The router compares with all that it has counted for this grant, which is in the grant's use already.
    ...(bytes !== null && { limitBytesTotal: bytes + countedAt(db, grant.id, routerId).countedBytes }),
    ...(macAddress !== undefined && { macAddress }),
    terms: { downKbps, upKbps, deviceLimit },
    comment: userComment(grant.id),
  }
}
