import { type AccessDecision, authorize } from '../../src/access/authorize.ts'
import { parseMacAddress } from '../../src/access/mac-address.ts'
import { staleAfterMs } from '../../src/access/session-table.ts'
import { voucherByCode } from '../../src/billing/voucher-table.ts'
import { normaliseVoucherCode } from '../../src/billing/vouchers.ts'
import type { Rooms } from '../billing/rooms.ts'

export const INTERIM_SECONDS = 300

/** Somebody types a name and a password on a device, and the door answers. */
export function askAtDoor(
  rooms: Rooms,
  typed: { username: string; password: string; macAddress: string | undefined },
): AccessDecision {
  const { username, password, macAddress } = typed
  return authorize(
    {
      db: rooms.reader,
      findVoucher: (code) => voucherByCode(rooms.reader, normaliseVoucherCode(code)),
      staleAfterMs: staleAfterMs(INTERIM_SECONDS),
    },
    {
      username,
      macAddress,
      isArrival:
        macAddress !== undefined && parseMacAddress(username) === macAddress && ['', username].includes(password),
      matches: (stored) => stored === password,
    },
    rooms.clock.nowMs(),
  )
}
