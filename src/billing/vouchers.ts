import { randomUUIDv7 } from 'node:crypto'
import { checkDigitOf } from '../check-digit.ts'
import { type CommandContext, command } from '../flow/command.ts'
import { isPast } from '../flow/time-trust.ts'
import { DIGITS, randomCode } from '../random-code.ts'
import type { SignedVoucher } from '../signed-voucher.ts'
import { type Db, sql } from '../store/database.ts'
import { type PackageRow, packageById, packageByName } from './package-table.ts'
import { orderTerms } from './package-terms.ts'
import { type VoucherRow, voucherByCode } from './voucher-table.ts'

/**
 * 30 bits with digits alone, and one that shows a typing mistake: easy on a phone's keypad, hopeless to guess at ten tries in
 * ten minutes.
 */
const CHANCE_DIGITS = 9

export type VoucherBatchOutcome =
  | { outcome: 'created'; batchId: string; codes: string[] }
  | { outcome: 'unknown-package' }

/** `expiresAtMs`: the codes cannot be redeemed after it. `prefix`: letters and digits before each code. */
export const createVouchers = command(
  'vouchers.create',
  (
    { db, journal, nowMs },
    input: { packageId: number; count: number; prefix: string; expiresAtMs: number | null; note: string },
  ): VoucherBatchOutcome => {
    if (!packageById(db, input.packageId)) return { outcome: 'unknown-package' }
    const batchId = randomUUIDv7()
    sql(
      db,
      'INSERT INTO voucher_batches (id, package_id, note, expires_at_ms, created_at_ms) VALUES (?, ?, ?, ?, ?)',
    ).run(batchId, input.packageId, input.note, input.expiresAtMs, nowMs)
    const codes = new Set<string>()
    while (codes.size < input.count) {
      const digits = randomCode(CHANCE_DIGITS, DIGITS)
      const code = input.prefix + digits + checkDigitOf(digits)
      if (!voucherByCode(db, code)) codes.add(code)
    }
    for (const code of codes) sql(db, 'INSERT INTO vouchers (batch_id, code) VALUES (?, ?)').run(batchId, code)
    journal.record('voucher.created', { batchId, packageId: input.packageId, count: input.count })
    return { outcome: 'created', batchId, codes: [...codes] }
  },
)

export type RedeemOutcome =
  | { outcome: 'redeemed'; grantId: string }
  /** By this very device, earlier. */
  | { outcome: 'redeemed-before'; grantId: string }
  | { outcome: 'unknown' | 'used' | 'expired' | 'revoked' }

/** The device that shall be online; `deviceIsKnown`: the network vouches for it; `isLoggingIn`: its router is asking for it. */
interface DeviceAtDoor {
  macAddress: string | null
  deviceIsKnown?: boolean
  isLoggingIn?: boolean
  /** The network address of who names the device. */
  askedFrom?: string
}

/** What people type: any case, spaces and dashes where they like. */
export const normaliseVoucherCode = (typed: string): string => typed.toUpperCase().replace(/[^0-9A-Z]/g, '')

/** One voucher, one grant. The same device asking again gets the same grant: its first answer may have been lost. */
export const redeemVoucher = command(
  'vouchers.redeem',
  (context, { code, ...device }: { code: string } & DeviceAtDoor): RedeemOutcome => {
    const { macAddress } = device
    const { db, journal, nowMs } = context
    const voucher = voucherByCode(db, normaliseVoucherCode(code))
    if (!voucher) return { outcome: 'unknown' }
    if (voucher.state === 'revoked') return { outcome: 'revoked' }
    if (voucher.grantId !== null) {
      const holder = sql(db, 'SELECT mac_address FROM grants WHERE id = ?').pluck().get(voucher.grantId)
      return macAddress !== null && holder === macAddress
        ? { outcome: 'redeemed-before', grantId: voucher.grantId }
        : { outcome: 'used' }
    }
    if (isPast(context, voucher.expiresAtMs)) return { outcome: 'expired' }
    const bought = packageById(db, voucher.packageId)
    if (!bought) return { outcome: 'unknown' }

    const sourceId = String(voucher.id)
    orderAccess(context, bought, { sourceId, grantId: randomUUIDv7(), ...device })
    const grantId = givenFor(db, sourceId)?.grantId ?? ''
    sql(db, "UPDATE vouchers SET state = 'redeemed', redeemed_at_ms = ?, grant_id = ? WHERE id = ?").run(
      nowMs,
      grantId,
      voucher.id,
    )
    journal.record('voucher.redeemed', { voucherId: voucher.id, signedId: null, grantId })
    return { outcome: 'redeemed', grantId }
  },
)

/** A voucher of head office, whose signature the door has checked. The first device to show it here has it. */
export const redeemSignedVoucher = command(
  'vouchers.redeem-signed',
  (context, { voucher, ...device }: { voucher: SignedVoucher } & DeviceAtDoor): RedeemOutcome => {
    const { macAddress } = device
    const { db, journal, nowMs, site } = context
    const sourceId = sourceOfSigned(voucher.id)
    const before = givenForSigned(db, voucher.id)
    if (before) {
      return macAddress !== null && before.macAddress === macAddress
        ? { outcome: 'redeemed-before', grantId: before.grantId }
        : { outcome: 'used' }
    }
    const worth = worthOfSigned(db, voucher, { siteId: site.id, nowMs })
    if (worth.state !== 'unused') return { outcome: worth.state }
    const { bought } = worth
    orderAccess(context, bought, { sourceId, grantId: randomUUIDv7(), ...device })
    const grantId = givenFor(db, sourceId)?.grantId ?? ''
    journal.record('voucher.redeemed', { voucherId: null, signedId: voucher.id, grantId })
    return { outcome: 'redeemed', grantId }
  },
)

type SignedWorth = { state: 'unknown' | 'used' | 'expired' | 'revoked' } | { state: 'unused'; bought: PackageRow }

function worthOfSigned(db: Db, voucher: SignedVoucher, at: { siteId: string; nowMs: number }): SignedWorth {
  if (voucher.siteId !== null && voucher.siteId !== at.siteId) return { state: 'unknown' }
  if (isPast({ db, nowMs: at.nowMs }, voucher.expiresAtMs)) return { state: 'expired' }
  const ban = sql(db, 'SELECT used_at_site AS usedAtSite FROM signed_voucher_bans WHERE id = ?').get(voucher.id) as
    | { usedAtSite: string | null }
    | undefined
  if (ban) return { state: ban.usedAtSite === null ? 'revoked' : 'used' }
  const bought = packageByName(db, voucher.packageName)
  return bought ? { state: 'unused', bought } : { state: 'unknown' }
}

/** What a signed voucher is worth at this site, without using it. */
export function signedVoucherState(db: Db, voucher: SignedVoucher, at: { siteId: string; nowMs: number }) {
  const { state } = givenForSigned(db, voucher.id) ? { state: 'used' as const } : worthOfSigned(db, voucher, at)
  return {
    state: state === 'used' ? ('redeemed' as const) : state,
    packageId: packageByName(db, voucher.packageName)?.id,
  }
}

/** The grant that a voucher opened, or extended. */
function givenFor(db: Db, sourceId: string): { grantId: string; macAddress: string | null } | undefined {
  return sql(
    db,
    `SELECT grants.id AS grantId, mac_address AS macAddress FROM grant_parts JOIN grants ON grants.id = grant_id
     WHERE grant_parts.source = 'voucher' AND grant_parts.source_id = ?`,
  ).get(sourceId) as { grantId: string; macAddress: string | null } | undefined
}

/** By which the grants know it. */
export const sourceOfSigned = (signedId: string) => `signed:${signedId}`

/** The grant that a signed voucher opened, or extended, at this site. */
export const givenForSigned = (db: Db, signedId: string) => givenFor(db, sourceOfSigned(signedId))

/** It opens nothing here any more. `usedAtSite`: where it has been used; null when it is withdrawn, which is said for good. */
export function banSigned({ db, nowMs }: CommandContext, signedId: string, usedAtSite: string | null): void {
  sql(
    db,
    `INSERT INTO signed_voucher_bans (id, at_ms, used_at_site) VALUES (:signedId, :nowMs, :usedAtSite)
     ON CONFLICT (id) DO UPDATE SET used_at_site = NULL WHERE excluded.used_at_site IS NULL`,
  ).run({ signedId, nowMs, usedAtSite })
}

export type RevokeOutcome = { outcome: 'revoked'; unused: number; used: number } | { outcome: 'unknown' }

/** The staff, or head office, withdraws one code, also one that is in use, or all unused codes of a batch. A signed one is banned by its id. */
export const revokeVouchers = command(
  'vouchers.revoke',
  (context, asked: { code: string } | { batchId: string } | { signedId: string }): RevokeOutcome => {
    const { db, journal } = context
    if ('signedId' in asked) {
      banSigned(context, asked.signedId, null)
      journal.record('voucher.revoked', { voucherSourceId: sourceOfSigned(asked.signedId), batchId: null, unused: 0 })
      return { outcome: 'revoked', unused: 0, used: 0 }
    }
    if ('batchId' in asked) {
      if (!sql(db, 'SELECT 1 FROM voucher_batches WHERE id = ?').get(asked.batchId)) return { outcome: 'unknown' }
      const { changes: unused } = sql(
        db,
        "UPDATE vouchers SET state = 'revoked' WHERE batch_id = ? AND state = 'unused'",
      ).run(asked.batchId)
      sql(db, "UPDATE vouchers SET revoked_by_hand = 1 WHERE batch_id = ? AND state = 'revoked'").run(asked.batchId)
      journal.record('voucher.revoked', { voucherSourceId: null, batchId: asked.batchId, unused })
      return { outcome: 'revoked', unused, used: 0 }
    }
    const voucher = voucherByCode(db, normaliseVoucherCode(asked.code))
    if (!voucher) return { outcome: 'unknown' }
    sql(db, 'UPDATE vouchers SET revoked_by_hand = 1 WHERE id = ?').run(voucher.id)
    return { outcome: 'revoked', ...withdrawVoucher(context, voucher) }
  },
)

/** One code, also one that is in use: it opens nothing any more, and what it has opened ends. */
export function withdrawVoucher(
  { db, journal }: CommandContext,
  { id, batchId, state }: VoucherRow,
): { unused: number; used: number } {
  const unused = state === 'unused' ? 1 : 0
  if (unused) sql(db, "UPDATE vouchers SET state = 'revoked' WHERE id = ?").run(id)
  journal.record('voucher.revoked', { voucherSourceId: String(id), batchId, unused })
  return { unused, used: state === 'redeemed' ? 1 : 0 }
}

/** What a voucher opens, for whoever opens it. */
function orderAccess(
  { db, journal }: CommandContext,
  bought: PackageRow,
  {
    sourceId,
    grantId,
    macAddress,
    deviceIsKnown = false,
    isLoggingIn = false,
    askedFrom,
  }: { sourceId: string; grantId: string } & DeviceAtDoor,
): void {
  journal.record('hotspot_user.provision_requested', {
    ...{ source: 'voucher', sourceId, grantId, packageId: bought.id, packageName: bought.name },
    durationSeconds: bought.durationSeconds,
    validSeconds: bought.validSeconds,
    dataLimitBytes: bought.dataLimitBytes,
    downKbps: bought.downKbps,
    upKbps: bought.upKbps,
    deviceLimit: bought.deviceLimit,
    ...orderTerms(db, bought.id),
    ...{ phoneNumber: null, macAddress, deviceIsKnown, isLoggingIn, askedFrom, routerId: null },
  })
}

export const voucherCommands = [createVouchers, redeemVoucher, redeemSignedVoucher, revokeVouchers]
