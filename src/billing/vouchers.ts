import { randomUUIDv7 } from 'node:crypto'
import { command } from '../flow/command.ts'
import { DIGITS, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { packageById } from './package-table.ts'
import { voucherByCode } from './voucher-table.ts'

/** 33 bits with digits alone: easy on a phone's keypad, hopeless to guess at ten tries in ten minutes. */
const CODE_DIGITS = 10

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
      const code = input.prefix + randomCode(CODE_DIGITS, DIGITS)
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

/** What people type: any case, spaces and dashes where they like. */
export const normaliseVoucherCode = (typed: string): string => typed.toUpperCase().replace(/[^0-9A-Z]/g, '')

/** One voucher, one grant. The same device asking again gets the same grant: its first answer may have been lost. */
export const redeemVoucher = command(
  'vouchers.redeem',
  ({ db, journal, nowMs }, { code, macAddress }: { code: string; macAddress: string | null }): RedeemOutcome => {
    const voucher = voucherByCode(db, normaliseVoucherCode(code))
    if (!voucher) return { outcome: 'unknown' }
    if (voucher.state === 'revoked') return { outcome: 'revoked' }
    if (voucher.grantId !== null) {
      const holder = sql(db, 'SELECT mac_address FROM grants WHERE id = ?').pluck().get(voucher.grantId)
      return macAddress !== null && holder === macAddress
        ? { outcome: 'redeemed-before', grantId: voucher.grantId }
        : { outcome: 'used' }
    }
    if (voucher.expiresAtMs !== null && voucher.expiresAtMs <= nowMs) return { outcome: 'expired' }
    const bought = packageById(db, voucher.packageId)
    if (!bought) return { outcome: 'unknown' }

    const grantId = randomUUIDv7()
    sql(db, "UPDATE vouchers SET state = 'redeemed', redeemed_at_ms = ?, grant_id = ? WHERE id = ?").run(
      nowMs,
      grantId,
      voucher.id,
    )
    journal.record('hotspot_user.provision_requested', {
      source: 'voucher',
      sourceId: String(voucher.id),
      grantId,
      packageId: bought.id,
      packageName: bought.name,
      durationSeconds: bought.durationSeconds,
      dataLimitBytes: bought.dataLimitBytes,
      downKbps: bought.downKbps,
      upKbps: bought.upKbps,
      deviceLimit: bought.deviceLimit,
      phoneNumber: null,
      macAddress,
      routerId: null,
    })
    const given = voucherByCode(db, voucher.code)?.grantId ?? grantId
    journal.record('voucher.redeemed', { voucherId: voucher.id, grantId: given })
    return { outcome: 'redeemed', grantId: given }
  },
)

export const voucherCommands = [createVouchers, redeemVoucher]
