import { randomUUIDv7 } from 'node:crypto'
import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import type { PackageRow } from './package-table.ts'
import { orderTerms } from './package-terms.ts'
import { type PaymentRow, paymentById } from './payment-table.ts'
import { maskPhoneNumber } from './phone-number.ts'

/** Who asks for a package that costs nothing. */
interface TrialRequest {
  phoneNumber: string
  macAddress: string
  routerId: number | null
  clientKey: string | null
}

/**
 * Gives it at once: nobody is asked for money. Once for each phone and once for each device, which the file holds, too. The code is only shown: a number that has paid nothing is worth no SMS.
 */
export function giveTrial(context: CommandContext, bought: PackageRow, asked: TrialRequest): string {
  const { db, journal, nowMs } = context
  const { phoneNumber, macAddress, routerId } = asked
  const id = randomUUIDv7()
  const { id: packageId, currency } = bought
  sql(
    db,
    `INSERT INTO trials (id, client_key, package_id, router_id, phone_number, mac_address, currency, created_at_ms)
     VALUES (:id, :clientKey, :packageId, :routerId, :phoneNumber, :macAddress, :currency, :nowMs)`,
  ).run({ ...asked, id, packageId, currency, nowMs })
  journal.record('trial.given', { trialId: id, packageId, routerId, phoneMasked: maskPhoneNumber(phoneNumber) })
  journal.record('hotspot_user.provision_requested', {
    ...{ source: 'payment', sourceId: id, grantId: randomUUIDv7(), packageId, packageName: bought.name },
    durationSeconds: bought.durationSeconds,
    validSeconds: bought.validSeconds,
    dataLimitBytes: bought.dataLimitBytes,
    downKbps: bought.downKbps,
    upKbps: bought.upKbps,
    deviceLimit: bought.deviceLimit,
    ...orderTerms(db, packageId),
    ...{ phoneNumber: null, macAddress, routerId },
  })
  return id
}

/** The phone or the device has had it. */
export function hadTrial(db: Db, packageId: number, { phoneNumber, macAddress }: TrialRequest): boolean {
  const query =
    'SELECT 1 FROM trials WHERE package_id = :packageId AND (phone_number = :phoneNumber OR mac_address = :macAddress)'
  return sql(db, query).get({ packageId, phoneNumber, macAddress }) !== undefined
}

/** A purchase of either kind: one that was paid for, or one that cost nothing. */
export function purchaseById(db: Db, id: string): PaymentRow | undefined {
  return paymentById(db, id) ?? trialBy(db, 'id', id)
}

export const trialByClientKey = (db: Db, clientKey: string) => trialBy(db, 'client_key', clientKey)

/** As a payment of nothing looks to who asks about it: it is paid from the start, and has had its effect with the access. */
function trialBy(db: Db, column: 'id' | 'client_key', value: string): PaymentRow | undefined {
  const row = sql(
    db,
    `SELECT trials.id, client_key AS clientKey, trials.package_id AS packageId, trials.router_id AS routerId, trials.phone_number AS phoneNumber,
       trials.mac_address AS macAddress, 0 AS amountCents, currency, iif(online_at_ms IS NULL, 'PAID', 'FULFILLED') AS state,
       iif(online_at_ms IS NULL, 0, 1) AS stateSeq, NULL AS verifiedBy, NULL AS failureCode, NULL AS retryAtMs, created_at_ms AS createdAtMs,
       coalesce(online_at_ms, created_at_ms) AS updatedAtMs
     FROM trials LEFT JOIN grants ON grants.source = 'payment' AND grants.source_id = trials.id WHERE trials.${column} = ?`,
  ).get(value)
  return row as PaymentRow | undefined
}
