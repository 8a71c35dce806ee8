import { Hono } from 'hono'
import * as z from 'zod'
import type { ConsolePage } from '../../../portal/console/console-page.ts'
import {
  type VoucherBatchRow,
  type VoucherRow,
  voucherBatchById,
  voucherBatches,
  voucherByCode,
  vouchersOfBatch,
} from '../../billing/voucher-table.ts'
import { createVouchers, normaliseVoucherCode, revokeVouchers, signedVoucherState } from '../../billing/vouchers.ts'
import { isWhole } from '../../check-digit.ts'
import { isPast } from '../../flow/time-trust.ts'
import { looksSigned, openPublicVoucherKey, readSignedVoucher } from '../../signed-voucher.ts'
import { call } from '../call.ts'
import { voucherSheet } from '../console/voucher-sheet.tsx'
import { lineField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { answerPage } from '../portal/answer-page.ts'
import { problem } from '../problem.ts'
import type { Actor, Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery, timeCursor } from './page.ts'

const batchBody = z.strictObject({
  package_id: z.int(),
  count: z.int().min(1).max(1000),
  prefix: z
    .string()
    .regex(/^[A-HJKMNP-TV-Z0-9]{0,6}$/, 'is up to 6 capital letters and digits, without I, L, O and U')
    .default(''),
  expires_at: timeField.nullish(),
  note: lineField.max(200).default(''),
})

const batchAnswer = z.object({
  batch_id: z.string(),
  package_id: z.int(),
  package_name: z.string(),
  note: z.string(),
  count: z.int(),
  redeemed: z.int(),
  expires_at: isoTimeField.nullable(),
  created_at: isoTimeField,
})

const voucherAnswer = z.object({
  code: z.string(),
  state: z.enum(['unused', 'redeemed', 'revoked', 'expired']),
})
const verifyAnswer = z.object({
  code: z.string(),
  state: z.enum(['unused', 'redeemed', 'revoked', 'expired', 'mistyped', 'unknown']),
  package_id: z.int().optional(),
  batch_id: z.string().optional(),
  expires_at: isoTimeField.nullish(),
})
/** A signed one is longer than one that is typed. */
const verifyBody = z.strictObject({ code: z.string().min(1).max(400) })
const revokeBody = z
  .strictObject({ code: z.string().min(1).max(40), batch_id: z.uuid(), signed_id: z.string().min(10).max(40) })
  .partial()
  .refine((body) => Object.keys(body).length === 1, 'give one of code, batch_id, signed_id')

/** Batches of vouchers: made, listed, printed. */
export function voucherBatchesApi(house: House, { viewer, cashier, admin, act }: Guards): Hono {
  const { db, clock, config, site } = house
  const app = new Hono()
  const stateOf = (voucher: VoucherRow): z.infer<typeof voucherAnswer>['state'] =>
    voucher.state === 'unused' && isPast({ db, nowMs: clock.nowMs() }, voucher.expiresAtMs) ? 'expired' : voucher.state

  /** Without a token for forms: there is nothing to click on paper. */
  const pageOfActor = ({ name, role }: Actor): ConsolePage => ({
    siteName: config.site.name,
    operator: { username: name, role },
    csrf: '',
    timeZone: config.site.timezone,
    nowMs: clock.nowMs(),
  })

  const list = call({
    does: 'Batches of vouchers, newest first.',
    query: pageQuery,
    answers: { 200: pageAnswer(batchAnswer) },
  })
  app.get('/api/vouchers', viewer, list, (c) => {
    const { limit, cursor } = c.var.query
    const after = timeCursor(cursor)
    const rows = voucherBatches(db, limit + 1, after && { createdAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, batchView, (row) => `${row.createdAtMs}.${row.id}`))
  })

  const create = call({
    does: 'Makes a batch of vouchers.',
    body: batchBody,
    answers: { 201: z.object({ batch_id: z.string(), codes: z.array(z.string()) }) },
  })
  app.post('/api/vouchers', cashier, create, async (c) => {
    const asked = c.var.body
    if (asked.expires_at != null && asked.expires_at <= clock.nowMs()) {
      const message = 'lies in the past'
      throw problem(422, 'invalid-input', `expires_at: ${message}`, [{ field: 'expires_at', message }])
    }
    const batch = {
      packageId: asked.package_id,
      count: asked.count,
      prefix: asked.prefix,
      expiresAtMs: asked.expires_at ?? null,
      note: asked.note,
    }
    const outcome = await act(c, createVouchers, batch, {
      action: 'voucher.create',
      subject: `${asked.count} vouchers, batch`,
      unless: ['unknown-package'],
      made: 'batchId',
    })
    if (outcome.outcome === 'unknown-package') {
      throw problem(422, 'unknown-package', 'package_id: there is no such package', [
        { field: 'package_id', message: 'there is no such package' },
      ])
    }
    return c.json({ batch_id: outcome.batchId, codes: outcome.codes }, 201)
  })

  const key = config.site.voucher_key
  const voucherKey = key === undefined ? undefined : openPublicVoucherKey(key)
  function worthOfSigned(code: string): z.infer<typeof verifyAnswer> {
    const voucher = voucherKey && readSignedVoucher(code, voucherKey)
    if (!voucher) return { code, state: 'unknown' }
    const { state, packageId } = signedVoucherState(db, voucher, { siteId: site.id, nowMs: clock.nowMs() })
    return { code, state, ...(packageId && { package_id: packageId }), expires_at: isoTime(voucher.expiresAtMs) }
  }

  const verify = call({
    does: 'What a code is worth, without using it.',
    body: verifyBody,
    answers: { 200: verifyAnswer },
  })
  app.post('/api/vouchers/verify', cashier, verify, (c) => {
    if (looksSigned(c.var.body.code)) return c.json(worthOfSigned(c.var.body.code))
    const code = normaliseVoucherCode(c.var.body.code)
    const voucher = voucherByCode(db, code)
    if (!voucher) {
      const mistyped = /^\d{10}$/.test(code) && !isWhole(code)
      return c.json({ code, state: mistyped ? 'mistyped' : 'unknown' })
    }
    const { packageId, batchId, expiresAtMs } = voucher
    const answer = { package_id: packageId, batch_id: batchId, expires_at: isoTime(expiresAtMs) }
    return c.json({ code, state: stateOf(voucher), ...answer })
  })

  const revoke = call({
    does: 'Withdraws a code, also one in use, the unused codes of a batch, or a signed voucher by its id.',
    body: revokeBody,
    answers: { 200: z.object({ unused_revoked: z.int(), used_revoked: z.int() }) },
  })
  app.post('/api/vouchers/revoke', admin, revoke, async (c) => {
    const { code, batch_id: batchId, signed_id: signedId } = c.var.body
    const asked = code !== undefined ? { code } : batchId !== undefined ? { batchId } : { signedId: signedId ?? '' }
    const subject = batchId !== undefined ? `batch ${batchId}` : 'one voucher'
    const note = { action: 'voucher.revoke', subject, unless: ['unknown'] } as const
    const outcome = await act(c, revokeVouchers, asked, note)
    if (outcome.outcome === 'unknown') throw problem(404, 'voucher-unknown', 'There is no such voucher or batch.')
    return c.json({ unused_revoked: outcome.unused, used_revoked: outcome.used })
  })

  // Codes are money: only those who may sell them see them.
  const one = call({
    does: 'A batch with its codes; as a table when `.csv` stands behind the id, as a page to print when `.html` does.',
    answers: { 200: batchAnswer.extend({ vouchers: z.array(voucherAnswer) }) },
  })
  app.get('/api/vouchers/batches/:id', cashier, one, (c) => {
    const [, batchId = '', form] = /^(.*?)(\.csv|\.html)?$/.exec(c.req.param('id')) ?? []
    const batch = voucherBatchById(db, batchId)
    if (!batch) throw problem(404, 'batch-unknown', 'There is no such batch of vouchers.')
    if (form === '.html') return answerPage(house, c, voucherSheet(house, pageOfActor(c.var.actor), batch))
    const vouchers = vouchersOfBatch(db, batch.id)
    if (form === undefined) {
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

const batchView = (batch: VoucherBatchRow): z.infer<typeof batchAnswer> => ({
  batch_id: batch.id,
  package_id: batch.packageId,
  package_name: batch.packageName,
  note: batch.note,
  count: batch.made,
  redeemed: batch.redeemed,
  expires_at: isoTime(batch.expiresAtMs),
  created_at: isoTime(batch.createdAtMs),
})
