import { Hono } from 'hono'
import { z } from 'zod'
import {
  type VoucherBatchRow,
  type VoucherRow,
  voucherBatchById,
  voucherBatches,
  voucherByCode,
  vouchersOfBatch,
} from '../../billing/voucher-table.ts'
import { createVouchers, normaliseVoucherCode, revokeVouchers } from '../../billing/vouchers.ts'
import { isWhole } from '../../check-digit.ts'
import { timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { pageAsked, pageOf, timeCursor } from './page.ts'

const batchBody = z.strictObject({
  package_id: z.int(),
  count: z.int().min(1).max(1000),
  prefix: z
    .string()
    .regex(/^[A-HJKMNP-TV-Z0-9]{0,6}$/, 'is up to 6 capital letters and digits, without I, L, O and U')
    .default(''),
  expires_at: timeField.nullish(),
  note: z.string().trim().max(200).default(''),
})

const verifyBody = z.strictObject({ code: z.string().min(1).max(40) })
const revokeBody = z
  .strictObject({ code: z.string().min(1).max(40), batch_id: z.uuid(), signed_id: z.string().min(10).max(40) })
  .partial()
  .refine((body) => Object.keys(body).length === 1, 'give one of code, batch_id, signed_id')

/** Batches of vouchers: made, listed, printed. */
export function voucherBatchesApi({ store, db, clock }: House, { viewer, cashier, admin, audited }: Guards): Hono {
  const app = new Hono()
  const stateOf = (voucher: VoucherRow) =>
    voucher.state === 'unused' && (voucher.expiresAtMs ?? Infinity) <= clock.nowMs() ? 'expired' : voucher.state

  app.get('/api/vouchers', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const after = timeCursor(cursor)
    const rows = voucherBatches(db, limit + 1, after && { createdAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, batchView, (row) => `${row.createdAtMs}.${row.id}`))
  })

  app.post('/api/vouchers', cashier, async (c) => {
    const body = batchBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const asked = body.data
    const outcome = await store.run(createVouchers, {
      packageId: asked.package_id,
      count: asked.count,
      prefix: asked.prefix,
      expiresAtMs: asked.expires_at ?? null,
      note: asked.note,
    })
    if (outcome.outcome === 'unknown-package') {
      throw problem(422, 'unknown-package', 'package_id: there is no such package', [
        { field: 'package_id', message: 'there is no such package' },
      ])
    }
    await audited(c, 'voucher.create', `batch ${outcome.batchId}, ${asked.count} vouchers`)
    return c.json({ batch_id: outcome.batchId, codes: outcome.codes }, 201)
  })

  /** What a code is worth, without using it. */
  app.post('/api/vouchers/verify', cashier, async (c) => {
    const body = verifyBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const code = normaliseVoucherCode(body.data.code)
    const voucher = voucherByCode(db, code)
    if (!voucher) {
      const mistyped = /^\d{10}$/.test(code) && !isWhole(code)
      return c.json({ code, state: mistyped ? 'mistyped' : 'unknown' })
    }
    const { packageId, batchId, expiresAtMs } = voucher
    const expires = expiresAtMs === null ? null : new Date(expiresAtMs).toISOString()
    return c.json({ code, state: stateOf(voucher), package_id: packageId, batch_id: batchId, expires_at: expires })
  })

  app.post('/api/vouchers/revoke', admin, async (c) => {
    const body = revokeBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { code, batch_id: batchId, signed_id: signedId } = body.data
    const asked = code !== undefined ? { code } : batchId !== undefined ? { batchId } : { signedId: signedId ?? '' }
    const outcome = await store.run(revokeVouchers, asked)
    if (outcome.outcome === 'unknown') throw problem(404, 'voucher-unknown', 'There is no such voucher or batch.')
    await audited(c, 'voucher.revoke', batchId !== undefined ? `batch ${batchId}` : 'one voucher')
    return c.json({ unused_revoked: outcome.unused, used_revoked: outcome.used })
  })

  /** Codes are money: only those who may sell them see them. */
  app.get('/api/vouchers/batches/:id', cashier, (c) => {
    const asked = c.req.param('id')
    const asCsv = asked.endsWith('.csv')
    const batch = voucherBatchById(db, asked.replace(/\.csv$/, ''))
    if (!batch) throw problem(404, 'batch-unknown', 'There is no such batch of vouchers.')
    const vouchers = vouchersOfBatch(db, batch.id)
    if (!asCsv) {
      const codes = vouchers.map((voucher) => ({ code: voucher.code, state: stateOf(voucher) }))
      return c.json({ ...batchView(batch), vouchers: codes })
    }
    // Codes and states hold no comma, quote or formula sign.
    const lines = vouchers.map((voucher) => `${voucher.code},${stateOf(voucher)}`)
    return c.body(['code,state', ...lines, ''].join('\r\n'), 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="vouchers-${batch.id}.csv"`,
    })
  })

  return app
}

const batchView = (batch: VoucherBatchRow) => ({
  batch_id: batch.id,
  package_id: batch.packageId,
  package_name: batch.packageName,
  note: batch.note,
  count: batch.made,
  redeemed: batch.redeemed,
  expires_at: batch.expiresAtMs === null ? null : new Date(batch.expiresAtMs).toISOString(),
  created_at: new Date(batch.createdAtMs).toISOString(),
})
