import { randomUUIDv7 } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { freshUsername } from './access-code.ts'
import { endGrant } from './end-grant.ts'
import { causeOf, type GrantRow, grantById, insertGrant, runningGrantOfDevice } from './grant-table.ts'
import {
  forgive,
  insertProvisional,
  outstandingCents,
  owedBy,
  type ProvisionalReason,
  type ProvisionalRow,
  provisionalOf,
  setBecause,
  setProvisionalState,
} from './provisional-table.ts'

/** How much the operator lets out on trust. */
export interface ProvisionalAllowance {
  seconds: number
  downKbps: number
  upKbps: number
  /** The most unpaid value that may be out at a time, over the whole site. */
  siteLimitCents: number
}

export interface ProvisionalOrder {
  paymentId: string
  because: ProvisionalReason
  allowance: ProvisionalAllowance
}

export type ProvisionalOutcome =
  | 'opened'
  | 'lengthened'
  /** The buyer has already been given all that is given. */
  | 'no-change'
  /** The payment is not for access of this very device, or is settled, or was asked for too long ago. */
  | 'not-eligible'
  | 'already-online'
  /** The phone or the device has not paid for what it was last given on trust. */
  | 'not-paid-before'
  | 'site-limit'

/** After so long, as after a power cut, the buyer does not wait at the gate any more. */
const STILL_THERE_MS = 10 * 60_000

/**
 * Lets the buyer of one purchase online before the money is known of: for a short time, slowly, once for each phone and device until
 * they have paid, and within what the site can bear to lose. It is a grant like any other, so RADIUS, the router and its end need
 * nothing of their own; what it is a grant for is known only once the money comes (`grants.open` takes it over then).
 */
export const openProvisional = command(
  'provisional.open',
  (context, { paymentId, because, allowance }: ProvisionalOrder): ProvisionalOutcome => {
    const { db, journal, nowMs } = context
    const purchase = purchaseOf(context, paymentId)
    if (!purchase || nowMs - purchase.createdAtMs > STILL_THERE_MS) return 'not-eligible'
    // Half of it at most, and of its data, so that some of what is bought is left when the money comes.
    const seconds = Math.min(allowance.seconds, Math.floor(purchase.durationSeconds / 2))
    const earlier = provisionalOf(db, paymentId)
    if (earlier) return lengthen(context, earlier, because, seconds)

    const { phoneNumber, macAddress, amountCents, packageId, packageName, routerId } = purchase
    if (runningGrantOfDevice(db, macAddress, nowMs)) return 'already-online'
    if (owedBy(db, { phoneNumber, macAddress })) return 'not-paid-before'
    if (outstandingCents(db) + amountCents > allowance.siteLimitCents) return 'site-limit'

    const dataLimitBytes = purchase.dataLimitBytes === null ? null : Math.ceil(purchase.dataLimitBytes / 2)
    const grantId = randomUUIDv7()
    const expiresAtMs = nowMs + seconds * 1000
    insertGrant(db, {
      ...{ id: grantId, source: 'payment', sourceId: paymentId, packageId, packageName, macAddress, routerId },
      ...{ username: freshUsername(db), password: randomCode(8, READABLE).toLowerCase(), usernameIsCode: 1 },
      ...{
        downKbps: allowance.downKbps,
        upKbps: allowance.upKbps,
        dataLimitBytes,
        deviceLimit: 1,
        pausable: 0,
        pausesOffline: 0,
      },
      // Nobody is sent credentials for what they have not paid.
      phoneNumber: null,
      ...{ startsAtMs: nowMs, expiresAtMs, useBeforeMs: null },
    })
    insertProvisional(db, { paymentId, grantId, phoneNumber, macAddress, amountCents, because }, nowMs)
    journal.record('access.granted', { source: 'payment', sourceId: paymentId, grantId, expiresAtMs })
    return 'opened'
  },
)

/** The PIN was typed, or not, and M-PESA says nothing: what was a checkout pass goes on, counted from its beginning. */
function lengthen(
  { db, journal }: CommandContext,
  earlier: ProvisionalRow,
  because: ProvisionalReason,
  seconds: number,
): ProvisionalOutcome {
  const grant = grantById(db, earlier.grantId)
  if (earlier.state !== 'open' || earlier.because !== 'checkout' || because !== 'uncertain') return 'no-change'
  if (!grant || grant.endedAtMs !== null) return 'no-change'
  setBecause(db, earlier.paymentId, because)
  const expiresAtMs = Math.max(grant.expiresAtMs, grant.startsAtMs + seconds * 1000)
  if (expiresAtMs === grant.expiresAtMs) return 'no-change'
  sql(db, 'UPDATE grants SET expires_at_ms = ? WHERE id = ?').run(expiresAtMs, grant.id)
  journal.record('access.extended', { ...causeOf(grant), expiresAtMs })
  return 'lengthened'
}

/** M-PESA says that nothing was paid. */
export const failProvisional = command('provisional.fail', (context, { paymentId }: { paymentId: string }) => {
  const row = provisionalOf(context.db, paymentId)
  if (row?.state !== 'open') return
  setProvisionalState(context.db, paymentId, 'failed')
  endGrant(context, grantById(context.db, row.grantId) as GrantRow, 'revoked')
})

/** Somebody has paid: their phone and their device are trusted again, whatever came of earlier purchases. */
export const trustPayer = command('provisional.trust-payer', ({ db }, { paymentId }: { paymentId: string }) => {
  if (provisionalOf(db, paymentId)) setProvisionalState(db, paymentId, 'paid')
  const payer = sql(db, 'SELECT phone_number AS phoneNumber, mac_address AS macAddress FROM payments WHERE id = ?').get(
    paymentId,
  ) as { phoneNumber: string | null; macAddress: string | null } | undefined
  if (payer) forgive(db, payer)
})

interface Purchase {
  phoneNumber: string
  macAddress: string
  amountCents: number
  packageId: number
  packageName: string
  durationSeconds: number
  dataLimitBytes: number | null
  routerId: number | null
  createdAtMs: number
}

/** Access for the device that buys it, asked of M-PESA and not yet settled. */
function purchaseOf({ db }: CommandContext, paymentId: string): Purchase | undefined {
  return sql(
    db,
    `SELECT phone_number AS phoneNumber, mac_address AS macAddress, amount_cents AS amountCents, package_id AS packageId,
       name AS packageName, duration_seconds AS durationSeconds, data_limit_bytes AS dataLimitBytes, router_id AS routerId, payments.created_at_ms AS createdAtMs
     FROM payments JOIN packages ON packages.id = package_id
     WHERE payments.id = ? AND payments.state IN ('PROMPTED', 'UNCERTAIN', 'EXPIRED') AND type = 'hotspot'
       AND phone_number IS NOT NULL AND mac_address IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM payment_purposes WHERE payment_id = payments.id)
       AND NOT EXISTS (SELECT 1 FROM payment_history WHERE payment_id = payments.id AND event = 'FAILURE')`,
  ).get(paymentId) as Purchase | undefined
}

export const provisionalCommands = [openProvisional, failProvisional, trustPayer]
