import type { GrantOrder } from '../../src/access/grant-order.ts'
import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { type AccountingInput, recordAccounting } from '../../src/access/sessions.ts'
import { MAC } from '../billing/purchase.ts'
import type { Rooms } from '../billing/rooms.ts'
import { askAtDoor } from './door.ts'

let made = 0

/** One customer's stay: a grant, and what a router tells of its sessions. */
export function openStay(rooms: Rooms, change: Partial<GrantOrder> = {}) {
  made += 1
  const packageId = change.packageId ?? rooms.addPackage()
  const routerId = change.routerId ?? rooms.addRouter()
  const order: GrantOrder = {
    source: 'operator',
    sourceId: `order-${made}`,
    grantId: crypto.randomUUID(),
    packageId,
    packageName: '1 hour',
    durationSeconds: 3600,
    dataLimitBytes: null,
    downKbps: null,
    upKbps: null,
    deviceLimit: 1,
    phoneNumber: null,
    macAddress: MAC,
    routerId,
    ...change,
  }
  const { grantId } = order
  rooms.run(openGrant, order)
  const grant = (): GrantRow => {
    const row = grantById(rooms.db, grantId)
    if (!row) throw new Error('no grant')
    return row
  }

  return {
    order,
    grantId,
    routerId,
    grant,
    /** What RADIUS says to somebody who knows the credentials, or types `password`, on this device. */
    ask: (password = grant().password, macAddress: string = MAC) =>
      askAtDoor(rooms, { username: grant().username, password, macAddress }),
    account(packet: Partial<AccountingInput> & Pick<AccountingInput, 'status'>) {
      rooms.run(recordAccounting, {
        routerId,
        username: grant().username,
        acctSessionId: '80000001',
        classToken: `${grantId}.a`,
        macAddress: MAC,
        framedIpAddress: '10.5.50.2',
        inputBytes: 0,
        outputBytes: 0,
        sessionSeconds: 0,
        terminateCause: null,
        eventAtMs: rooms.clock.nowMs(),
        ...packet,
      })
    },
    sessions: () =>
      rooms.rows<{
        acct_session_id: string
        input_bytes: number
        output_bytes: number
        session_seconds: number
        stopped_at_ms: number | null
        stop_reason: string | null
        started_at_ms: number
      }>('SELECT * FROM sessions WHERE grant_id = ? ORDER BY id', grantId),
  }
}
