import { Hono } from 'hono'
import * as z from 'zod'
import { businessDayOf } from '../../billing/business-day.ts'
import { type DayReport, dayReport } from '../../billing/day-report.ts'
import { signSettlement } from '../../billing/settlement.ts'
import { type SettlementRow, settlementOf, settlements } from '../../billing/settlement-table.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery } from './page.ts'

const headAnswer = z.object({
  day: z.string(),
  currency: z.string(),
  receipts_count: z.int(),
  receipts_cents: z.int(),
  refunds_cents: z.int(),
  exceptions: z.int(),
  report_sha256: z.string(),
  audit_head: z.string(),
  closed_at: isoTimeField,
  signed_by: z.string().nullable(),
  signed_at: isoTimeField.nullable(),
})

const line = z.object({ name: z.string(), count: z.int(), amount_cents: z.int() })
const accounts = z.record(z.string(), z.int())

const dayAnswer = headAnswer
  .partial()
  .required({ day: true, currency: true })
  .extend({
    closed_at: isoTimeField.nullable(),
    report: z.object({
      opening: accounts,
      receipts_by_channel: z.array(line),
      sales_by_package: z.array(line),
      refunds: z.object({ count: z.int(), amount_cents: z.int() }),
      moved: accounts,
      closing: accounts,
      float: z
        .object({ at: isoTimeField, statement_cents: z.int(), books_cents: z.int(), opening_cents: z.int() })
        .nullable(),
      open_payments: z.int(),
      exceptions: z.array(
        z.object({ kind: z.string(), subject: z.string(), amount_cents: z.int().nullable(), since: isoTimeField }),
      ),
      exceptions_cut: z.boolean(),
    }),
  })

/** Each business day's close: money, grants and usage held against each other. */
export function settlementsApi({ db, clock, config }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()
  const currency = config.site.currency

  const headView = (row: SettlementRow) => {
    const report = JSON.parse(row.report) as DayReport
    return {
      day: row.day,
      currency,
      receipts_count: report.receiptsByChannel.reduce((total, { count }) => total + count, 0),
      receipts_cents: report.receiptsByChannel.reduce((total, { cents }) => total + cents, 0),
      refunds_cents: report.refunds.cents,
      exceptions: report.exceptions.length,
      report_sha256: row.reportSha256.toString('hex'),
      audit_head: row.auditHead.toString('hex'),
      closed_at: isoTime(row.closedAtMs),
      signed_by: row.signedBy,
      signed_at: isoTime(row.signedAtMs),
    }
  }

  const list = call({ does: 'Closed days, newest first.', query: pageQuery, answers: { 200: pageAnswer(headAnswer) } })
  app.get('/api/settlements', viewer, list, (c) => {
    const { limit, cursor } = c.var.query
    if (cursor !== undefined && !isDay(cursor)) throw noSuchDay()
    return c.json(pageOf(settlements(db, limit + 1, cursor), limit, headView, (row) => row.day))
  })

  const one = call({
    does: 'One day: money, grants and usage held against each other; a day that is not over as it stands; as a table with `.csv` behind it.',
    answers: { 200: dayAnswer },
  })
  app.get('/api/settlements/:day', viewer, one, (c) => {
    const asked = c.req.param('day')
    const day = asked.replace(/\.csv$/, '')
    if (!isDay(day) || day > businessDayOf(clock.nowMs())) throw noSuchDay()
    const closed = settlementOf(db, day)
    const report = closed ? (JSON.parse(closed.report) as DayReport) : dayReport(db, day)
    if (!asked.endsWith('.csv')) {
      return c.json({ ...(closed ? headView(closed) : { day, currency, closed_at: null }), report: reportView(report) })
    }
    return c.body(csvOf(report), 200, {
      'Content-Type': 'text/csv; charset=utf-8',
      'Content-Disposition': `attachment; filename="settlement-${day}.csv"`,
    })
  })

  const sign = call({ does: 'A person stands for a closed day.', answers: { 200: headAnswer } })
  app.post('/api/settlements/:day/sign-off', admin, sign, async (c) => {
    const day = c.req.param('day')
    const note = { action: 'settlement.sign', subject: day, unless: ['not-closed', 'already-signed'] } as const
    const outcome = await act(c, signSettlement, { day, by: c.get('actor').name }, note)
    if (outcome === 'not-closed') throw problem(409, 'day-not-closed', 'This day is not closed yet.')
    if (outcome === 'already-signed') throw problem(409, 'already-signed', 'This day has been signed off.')
    return c.json(headView(settlementOf(db, day) as SettlementRow))
  })

  return app
}

const reportView = (report: DayReport) => ({
  opening: report.opening,
  receipts_by_channel: report.receiptsByChannel.map(lineView),
  sales_by_package: report.salesByPackage.map(lineView),
  refunds: { count: report.refunds.count, amount_cents: report.refunds.cents },
  moved: report.moved,
  closing: report.closing,
  float: floatView(report.float),
  open_payments: report.openPayments,
  exceptions: report.exceptions.map(({ kind, subject, cents, atMs }) => ({
    kind,
    subject,
    amount_cents: cents,
    since: new Date(atMs).toISOString(),
  })),
  exceptions_cut: report.exceptionsCut,
})

/** A day that was closed by an earlier release has none. */
const floatView = (float: DayReport['float'] | undefined) =>
  float
    ? {
        at: new Date(float.atMs).toISOString(),
        statement_cents: float.statementCents,
        books_cents: float.booksCents,
        opening_cents: float.openingCents,
      }
    : null

const lineView = ({ name, count, cents }: { name: string; count: number; cents: number }) => ({
  name,
  count,
  amount_cents: cents,
})

function csvOf(report: DayReport): string {
  const lines: (string | number | null)[][] = [
    ['section', 'item', 'count', 'amount_cents'],
    ...balances('opening', report.opening),
    ...report.receiptsByChannel.map(({ name, count, cents }) => ['receipts', name, count, cents]),
    ...report.salesByPackage.map(({ name, count, cents }) => ['sales', name, count, cents]),
    ['refunds', 'done', report.refunds.count, report.refunds.cents],
    ...balances('moved', report.moved),
    ...balances('closing', report.closing),
    ...(report.float
      ? [
          ['float', 'by M-PESA’s statement', null, report.float.statementCents],
          ['float', 'by the books', null, report.float.booksCents],
          ['float', 'held before the first statement', null, report.float.openingCents],
        ]
      : []),
    ['open payments', '', report.openPayments, null],
    ...report.exceptions.map(({ kind, subject, cents }) => [`exception: ${kind}`, subject, 1, cents]),
  ]
  return [...lines.map((line) => line.map(cellOf).join(',')), ''].join('\r\n')
}

const balances = (section: string, accounts: DayReport['opening']) =>
  Object.entries(accounts).map(([account, cents]) => [section, account, null, cents])

/** Quoted, and never a formula: package names and user names are anybody's words. */
function cellOf(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return `"${safe.replaceAll('"', '""')}"`
}

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text))

const noSuchDay = () => problem(404, 'day-unknown', 'There is no such day.')
