import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { businessDayOf } from '../../src/billing/business-day.ts'
import { dayReport } from '../../src/billing/day-report.ts'
import type { MoneyOut } from '../../src/billing/float.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { type MoneyMessage, type MoneyReport, receiveMoney } from '../../src/billing/receive-money.ts'
import { reconcileMoney } from '../../src/billing/reconcile-money.ts'
import { recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { approvePayment } from '../../src/billing/review.ts'
import { closeDays } from '../../src/billing/settlement.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

const MINUTE_MS = 60_000

describe('what is here, held against M-PESA’s own books', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const report = (receipt: string, change: Partial<MoneyReport> = {}): MoneyReport => ({
    ...{ kind: 'money', receipt, amountCents: PRICE_CENTS, billReference: null },
    ...{ payer: UNKNOWN_PAYER, paidAtMs: rooms.clock.nowMs(), ...change },
  })
  const tell = (channel: MoneyMessage['channel'], said: MoneyReport) =>
    rooms.run(receiveMoney, { channel, report: said, body: JSON.stringify(said), source: 'asha' })
  /** M-PESA's books list just these. */
  function pull(...said: MoneyReport[]) {
    const untilMs = rooms.clock.nowMs()
    const rows = said.map((one) => ({ report: one, line: JSON.stringify(one) }))
    const window = { fromMs: untilMs - 120 * MINUTE_MS, untilMs }
    const list = { channel: 'pull', rows, window, source: 'M-PESA' } as const
    return reconcileMoney({ store: rooms.store, db: rooms.reader }, list)
  }
  const found = (...kinds: string[]) =>
    dayReport(rooms.db, businessDayOf(rooms.clock.nowMs()))
      .exceptions.filter(({ kind }) => kinds.includes(kind))
      .map(({ subject }) => subject)

  describe('names every receipt of which both do not say the same,', () => {
    it('once, however often they are compared, until they do', async () => {
      tell('c2b', report('ONLYHERE01'))
      tell('c2b', report('OTHERSUM01'))
      const other = report('OTHERSUM01', { amountCents: 500 })
      rooms.clock.step(20 * MINUTE_MS)
      for (let time = 0; time < 3; time += 1) {
        const { missingThere, amountDiffers } = await pull(other)
        assert.deepEqual([missingThere, amountDiffers], [1, 1])
      }
      assert.deepEqual(found('not-in-the-books-of-mpesa'), ['ONLYHERE01'])
      assert.deepEqual(found('amount-differs'), ['OTHERSUM01'])
      // The next day it is named again.
      rooms.clock.step(24 * 60 * MINUTE_MS)
      assert.deepEqual(found('not-in-the-books-of-mpesa', 'amount-differs'), ['ONLYHERE01', 'OTHERSUM01'])
      await pull(report('ONLYHERE01'), report('OTHERSUM01'))
      assert.deepEqual(found('not-in-the-books-of-mpesa', 'amount-differs'), [])
      await pull(other)
      assert.deepEqual(found('amount-differs'), ['OTHERSUM01'])
    })

    it('but nothing that stands where a long statement was cut into pieces', async () => {
      const lines = Array.from({ length: 40 }, (_, number) => {
        // M-PESA's messages and its books may tell of one payment in different seconds.
        const said = report(`PIECE${String(number).padStart(5, '0')}`)
        tell('c2b', { ...said, paidAtMs: (said.paidAtMs ?? 0) + (number % 3) * 1_000 })
        if (number % 2 === 1) rooms.clock.step(2 * MINUTE_MS)
        return said
      })
      rooms.clock.step(20 * MINUTE_MS)
      for (const newestFirst of [false, true]) {
        const all = newestFirst ? lines.toReversed() : lines
        for (let from = 0; from < all.length; from += 7) {
          const rows = all.slice(from, from + 7).map((one) => ({ report: one, line: JSON.stringify(one) }))
          const list = { channel: 'statement', rows, source: 'asha' } as const
          await reconcileMoney({ store: rooms.store, db: rooms.reader }, list)
        }
        assert.deepEqual(found('not-in-the-books-of-mpesa'), [])
      }
    })

    it('but nothing that M-PESA may not have listed yet', async () => {
      tell('c2b', report('JUSTNOW001'))
      rooms.clock.step(MINUTE_MS)
      assert.equal((await pull()).missingThere, 0)
      rooms.clock.step(20 * MINUTE_MS)
      assert.equal((await pull()).missingThere, 1)
      assert.deepEqual(found('not-in-the-books-of-mpesa'), ['JUSTNOW001'])
    })
  })

  describe('names what a person entered until M-PESA tells of it:', () => {
    const unconfirmed = () => found('not-told-by-mpesa')

    it('by C2B or its list, with the same amount', async () => {
      tell('manual', report('ENTERED001'))
      tell('manual', report('ENTERED002'))
      tell('manual', report('ENTERED003'))
      tell('manual', report('ENTERED001', { payer: { ...UNKNOWN_PAYER, phone: '254712345678' } }))
      tell('c2b', report('ENTERED001', { amountCents: PRICE_CENTS + 100 }))
      assert.deepEqual(unconfirmed(), ['ENTERED001', 'ENTERED002', 'ENTERED003'])
      tell('c2b', report('ENTERED001'))
      await pull(report('ENTERED002'))
      assert.deepEqual(unconfirmed(), ['ENTERED003'])
    })

    it('by a callback; a receipt that nobody but the operator has seen stays named', () => {
      const review = () => {
        const purchase = openPurchase(rooms).prompted()
        purchase.paid({ receipt: undefined })
        const verdict = { paymentId: purchase.paymentId, receipt: purchase.receipt, reason: 'seen', by: 'asha' }
        assert.equal(rooms.run(approvePayment, verdict), 'approved')
        return purchase
      }
      const real = review()
      const invented = review()
      assert.deepEqual(unconfirmed(), [real.receipt, invented.receipt])
      real.paid()
      invented.paid({ receipt: 'THETRUE001' })
      assert.deepEqual(unconfirmed(), [invented.receipt])
    })
  })

  describe('keeps the float by the statement:', () => {
    const minute = (count: number) => rooms.clock.nowMs() + count * MINUTE_MS
    const today = () => businessDayOf(rooms.clock.nowMs())
    function statement(cents: number, atMs: number, ...out: Partial<MoneyOut>[]) {
      const went = out.map(
        (one): MoneyOut => ({
          ...{ receipt: 'OUT0000001', kind: 'fee', amountCents: 100, aboutReceipt: null, atMs, ...one },
        }),
      )
      const list = { channel: 'statement', rows: [], out: went, balance: { cents, atMs }, source: 'asha' } as const
      return reconcileMoney({ store: rooms.store, db: rooms.reader }, { ...list, rows: [] })
    }
    const balances = () =>
      Object.fromEntries(
        rooms
          .rows<{ account: string; cents: number }>(
            'SELECT account, sum(amount_cents) AS cents FROM ledger_entries GROUP BY 1',
          )
          .map(({ account, cents }) => [account, cents]),
      )
    const differs = () => found('float-differs', 'withdrawn-unexplained')

    it('charges and transfers to the bank are booked once, and agree with it', async () => {
      tell('c2b', report('CAME000001'))
      // The account held 70 shillings before.
      await statement(7000 + PRICE_CENTS, minute(1))
      rooms.clock.step(24 * 60 * MINUTE_MS)
      rooms.run(closeDays, {})
      tell('c2b', report('CAME000002'))
      const out = [{ amountCents: 100 }, { kind: 'bank', amountCents: 7000 }] as const
      for (let time = 0; time < 2; time += 1) await statement(2 * PRICE_CENTS - 100, minute(1), ...out)
      const { mpesa_float, mpesa_fees, bank } = balances()
      assert.deepEqual([mpesa_float, mpesa_fees, bank], [2 * PRICE_CENTS - 7100, 100, 7000])
      assert.deepEqual(differs(), [])
      assert.equal(dayReport(rooms.db, today()).float?.openingCents, 7000)
      // What is paid after its last line is not in it.
      tell('c2b', report('CAME000003', { paidAtMs: minute(2) }))
      assert.deepEqual(differs(), [])
    })

    it('what it does not hold, or what went out to nobody knows whom, is named until it is explained', async () => {
      tell('c2b', report('CAME000001'))
      await statement(PRICE_CENTS, minute(1))
      rooms.clock.step(24 * 60 * MINUTE_MS)
      rooms.run(closeDays, {})
      await statement(PRICE_CENTS - 300, minute(1))
      assert.deepEqual(differs(), ['M-PESA'])
      const back = {
        receipt: 'BACK000001',
        kind: 'other',
        amountCents: PRICE_CENTS,
        aboutReceipt: 'CAME000001',
      } as const
      await statement(0, minute(2), back)
      assert.deepEqual(differs(), ['M-PESA', 'BACK000001'])
      rooms.clock.step(5 * MINUTE_MS)
      const asked = { paymentId: null, receipt: 'CAME000001', reason: 'twice', by: 'asha' }
      const filed = rooms.run(requestRefund, { ...asked, approvalAboveCents: PRICE_CENTS })
      assert.ok(filed.outcome === 'filed')
      const done = { result: 'done', method: 'reversal', reference: null, by: 'asha' } as const
      rooms.run(recordRefundResult, { refundId: filed.refundId, ...done })
      assert.deepEqual(differs(), [])
    })
  })
})
