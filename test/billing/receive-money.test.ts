import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { grantOf } from '../../src/access/grant-table.ts'
import { subscriptionById } from '../../src/access/subscription-table.ts'
import { blankOldMessages } from '../../src/billing/old-messages.ts'
import { voucherBoughtWith } from '../../src/billing/payment-purpose.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { type MoneyMessage, type MoneyReport, receiveMoney } from '../../src/billing/receive-money.ts'
import { reconcileMoney } from '../../src/billing/reconcile-money.ts'
import { requestRefund } from '../../src/billing/refunds.ts'
import { assignReceipt, claimReceipt } from '../../src/billing/walk-in.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import type { Store } from '../../src/store/client.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { runJob } from '../jobs/run-job.ts'
import { MAC, openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

const hashOf = (phone = '') => createHash('sha256').update(phone).digest('hex')

describe('money that no callback told of', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const hands = () => ({ store: rooms.store, db: rooms.reader })
  let told = 0
  function report(change: Partial<MoneyReport> = {}): MoneyReport {
    told += 1
    return {
      ...{ kind: 'money', receipt: `WALKIN${told}`, amountCents: PRICE_CENTS, billReference: null },
      ...{ payer: UNKNOWN_PAYER, paidAtMs: rooms.clock.nowMs(), ...change },
    }
  }
  function tell(change: Partial<MoneyReport> = {}, channel: MoneyMessage['channel'] = 'c2b') {
    const said = report(change)
    return rooms.run(receiveMoney, {
      channel,
      report: said,
      body: `${channel} ${JSON.stringify(said)}`,
      source: 'test',
    })
  }
  const shown = (phone: string) => ({ ...UNKNOWN_PAYER, phone })
  const hashed = (phone: string) => ({ ...UNKNOWN_PAYER, sha256: hashOf(phone) })
  const masked = (phone: string) => ({ ...UNKNOWN_PAYER, masked: `${phone.slice(0, 4)} ***** ${phone.slice(-3)}` })
  const free = () => rooms.value('SELECT count(*) FROM receipts WHERE payment_id IS NULL AND duplicate_of IS NULL')

  it('pays the purchase whose reference it carries, also after a failure', () => {
    for (const before of ['prompted', 'failed', 'lost'] as const) {
      const purchase = openPurchase(rooms)
      purchase.send()
      if (before === 'lost') purchase.lost()
      else purchase.accepted()
      if (before === 'failed') purchase.failed()
      assert.equal(tell({ billReference: purchase.attempt.accountRef }), 'paid')
      assert.equal(purchase.state, 'PAID')
      assert.equal(purchase.row.verifiedBy, 'c2b')
    }
    assert.equal(free(), 0)
  })

  it('is the same money as the callback’s, whichever comes first', () => {
    const first = openPurchase(rooms).prompted()
    first.paid()
    assert.equal(tell({ billReference: first.attempt.accountRef, receipt: first.receipt }), 'known')
    const second = openPurchase(rooms).prompted()
    assert.equal(tell({ billReference: second.attempt.accountRef, receipt: second.receipt }), 'paid')
    assert.equal(second.paid(), 'no-change')
    assert.equal(rooms.value('SELECT count(*) FROM receipts'), 2)
    assert.equal(rooms.facts('payment.completed').length, 2)
  })

  it('through a till has no reference: the payer’s number or its hash, and the exact amount, name the purchase', () => {
    const typed = openPurchase(rooms).prompted()
    assert.equal(tell({ payer: shown(typed.asked.phoneNumber) }), 'paid')
    const hidden = openPurchase(rooms).prompted()
    assert.equal(tell({ payer: hashed(hidden.asked.phoneNumber) }), 'paid')
    assert.deepEqual([typed.state, hidden.state], ['PAID', 'PAID'])
  })

  it('of a payer who opens nothing stays on its own: other amount, other hour, two purchases, a masked number', () => {
    const purchase = openPurchase(rooms).prompted()
    const { phoneNumber } = purchase.asked
    assert.equal(tell({ payer: shown(phoneNumber), amountCents: PRICE_CENTS + 100 }), 'unallocated')
    assert.equal(tell({ payer: shown(phoneNumber), paidAtMs: rooms.clock.nowMs() + 20 * 60_000 }), 'unallocated')
    assert.equal(tell({ payer: masked(phoneNumber) }), 'unallocated')
    purchase.failed()
    openPurchase(rooms, { phoneNumber })
    rooms.db.prepare("UPDATE payments SET state = 'SUBMITTING' WHERE state = 'CREATED'").run()
    assert.equal(tell({ payer: shown(phoneNumber) }), 'unallocated')
    assert.equal(purchase.state, 'DECLINED')
    assert.equal(free(), 4)
    assert.equal(rooms.facts('money.unallocated').length, 4)
  })

  it('with a purchase’s reference and another amount is set aside for a person', () => {
    const purchase = openPurchase(rooms).prompted()
    assert.equal(tell({ billReference: purchase.attempt.accountRef, amountCents: 500 }), 'review')
    assert.equal(purchase.state, 'REVIEW')
    assert.deepEqual(purchase.reviews(), ['wrong-amount'])
    assert.equal(rooms.facts('hotspot_user.provision_requested').length, 0)
  })

  it('tells the number of a receipt that the query had left without one, and is not counted twice', () => {
    for (const payer of [shown, hashed, masked]) {
      const purchase = openPurchase(rooms).prompted()
      purchase.queryPaid()
      assert.equal(tell({ receipt: purchase.receipt, payer: payer(purchase.asked.phoneNumber) }), 'known')
      assert.deepEqual(
        purchase.receipts().map(({ receipt }) => receipt),
        [purchase.receipt],
      )
    }
    assert.equal(free(), 0)
  })

  it('that only the query had told of is booked as much as its number is told to be: it had named no amount', () => {
    const float = () =>
      rooms.value("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float'") as number
    const more = PRICE_CENTS + 100
    const ways: ((purchase: ReturnType<typeof openPurchase>) => void)[] = [
      ({ paid }) => paid({ amountCents: more }),
      ({ attempt, receipt }) => tell({ receipt, amountCents: more, billReference: attempt.accountRef }, 'pull'),
      ({ attempt, receipt }) => {
        tell({ receipt, amountCents: more })
        tell({ receipt, amountCents: more, billReference: attempt.accountRef }, 'pull')
      },
    ]
    ways.forEach((way, before) => {
      const purchase = openPurchase(rooms).prompted()
      purchase.queryPaid()
      way(purchase)
      assert.equal(float(), (before + 1) * more)
      assert.equal(purchase.state, 'PAID', 'what was given stays')
      assert.equal(free(), 0)
      assert.deepEqual(purchase.reviews(), ['wrong-amount'])
    })
  })

  it('that came before the query, unknown whose, is joined to it by the callback', () => {
    const purchase = openPurchase(rooms).prompted()
    tell({ receipt: purchase.receipt })
    purchase.queryPaid()
    assert.equal(free(), 1)
    purchase.paid()
    assert.equal(free(), 0)
    const claim = rooms.run(claimReceipt, { receipt: purchase.receipt, macAddress: MAC, timeZone: 'Africa/Nairobi' })
    assert.deepEqual(claim, { outcome: 'paid', paymentId: purchase.paymentId })
  })

  it('that is going back already is not counted as the query’s money: a person looks', () => {
    const purchase = openPurchase(rooms).prompted()
    // So late that nobody takes it for the query's.
    tell({ receipt: purchase.receipt, paidAtMs: rooms.clock.nowMs() + 20 * 60_000 })
    purchase.queryPaid()
    const asked = { paymentId: null, receipt: purchase.receipt, reason: 'asked for it', by: 'asha' }
    rooms.run(requestRefund, { ...asked, approvalAboveCents: PRICE_CENTS })
    purchase.paid()
    assert.equal(rooms.value('SELECT count(*) FROM receipts WHERE duplicate_of IS NOT NULL'), 0)
    assert.deepEqual(purchase.reviews(), ['money-going-back'])
    assert.throws(
      () => rooms.db.prepare('UPDATE receipts SET duplicate_of = (SELECT max(id) FROM receipts) WHERE id = 1').run(),
      /stands for itself/,
    )
  })

  it('with the account of a subscription is for that, whatever its payer’s phone had asked for', () => {
    const { row, phoneNumber } = openSubscriber(rooms)
    const purchase = openPurchase(rooms, { phoneNumber }).prompted()
    purchase.failed()
    assert.equal(tell({ billReference: row.accountNumber, payer: shown(phoneNumber) }), 'unallocated')
    assert.equal(purchase.state, 'DECLINED')
    assert.equal(tell({ payer: shown(phoneNumber) }), 'paid')
  })

  it('with an account keeps to it when it is told again without', () => {
    const { row, phoneNumber } = openSubscriber(rooms)
    const purchase = openPurchase(rooms, { phoneNumber }).prompted()
    const payer = shown(phoneNumber)
    tell({ receipt: 'ACCOUNT001', billReference: row.accountNumber, payer })
    assert.equal(tell({ receipt: 'ACCOUNT001', payer }, 'manual'), 'known')
    assert.equal(purchase.state, 'PROMPTED')
  })

  it('that an operator gives to a purchase is delivered as its payer had said', async () => {
    const { row, packageId } = openSubscriber(rooms, { package: { type: 'hotspot' } })
    const assign = (receipt: string, paymentId: string) => {
      const buyer = { packageId: null, phoneNumber: null, macAddress: null, by: 'asha', reason: 'seen' }
      return rooms.run(assignReceipt, { ...buyer, receipt, paymentId }).outcome
    }
    const gift = openPurchase(rooms, { packageId, purpose: { voucherPhoneNumber: '254733123456' } }).prompted()
    gift.failed()
    tell({ receipt: 'BYHAND0001' })
    assert.equal(assign('BYHAND0001', gift.paymentId), 'assigned')
    assert.ok(voucherBoughtWith(rooms.db, gift.paymentId))
    assert.equal(gift.state, 'FULFILLED')

    const renewal = openPurchase(rooms, { packageId, purpose: { accountNumber: row.accountNumber } }).prompted()
    renewal.failed()
    tell({ receipt: 'BYHAND0002' })
    assert.equal(assign('BYHAND0002', renewal.paymentId), 'assigned')
    assert.equal(grantOf(rooms.db, 'payment', renewal.paymentId), undefined)
    await runJob(rooms, 'process-payment', { paymentId: renewal.paymentId })
    assert.equal(renewal.state, 'FULFILLED')
    assert.equal(subscriptionById(rooms.db, row.id)?.state, 'active')
  })

  it('for what is paid already is a second payment: kept, told, and nobody’s', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    assert.equal(tell({ billReference: purchase.attempt.accountRef }), 'unallocated')
    assert.deepEqual(purchase.reviews(), ['second-payment'])
    assert.equal(free(), 1)
  })

  it('twice is once, and the same receipt with another amount changes nothing', () => {
    tell({ receipt: 'SAME000001' })
    const before = rooms.snapshot()
    assert.equal(tell({ receipt: 'SAME000001' }, 'statement'), 'known')
    assert.equal(tell({ receipt: 'SAME000001', amountCents: 5 }), 'amount-differs')
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('and every message stays as it came, also one that cannot be read', () => {
    const unread = { kind: 'malformed', reason: 'it is not JSON' } as const
    const message: MoneyMessage = { channel: 'c2b', report: unread, body: '<html>', source: '196.201.212.69' }
    assert.equal(rooms.run(receiveMoney, message), 'malformed')
    rooms.run(receiveMoney, message)
    assert.deepEqual(rooms.rows('SELECT channel, body, repeats, outcome FROM money_inbox'), [
      { channel: 'c2b', body: '<html>', repeats: 1, outcome: 'malformed' },
    ])
  })

  describe('and that somebody claims', () => {
    const claim = (receipt: string, macAddress: string | null = MAC) =>
      rooms.run(claimReceipt, { receipt, macAddress, timeZone: 'Africa/Nairobi' })

    it('buys the package of exactly its amount, once', () => {
      const packageId = rooms.addPackage()
      tell({ receipt: 'CLAIM00001', payer: shown('254712345678') })
      const outcome = claim('CLAIM00001')
      assert.ok(outcome.outcome === 'paid')
      const grant = grantOf(rooms.db, 'payment', outcome.paymentId)
      assert.deepEqual([grant?.packageId, grant?.macAddress, grant?.phoneNumber], [packageId, MAC, '254712345678'])
      const before = rooms.snapshot()
      assert.deepEqual(claim('CLAIM00001', '02:00:00:00:00:99'), outcome)
      assert.deepEqual(rooms.snapshot(), before)
      assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
      assert.equal(rooms.jobs('initiate-stk-push').length, 0)
    })

    it('also when nobody knows who paid', () => {
      rooms.addPackage()
      tell({ receipt: 'CLAIM00002', payer: hashed('254712345678') })
      assert.equal(claim('CLAIM00002').outcome, 'paid')
      assert.equal(rooms.value('SELECT phone_number FROM payments'), null)
    })

    it('buys nothing when nothing costs that much, when it is unknown, or while it is in review', () => {
      const purchase = openPurchase(rooms).prompted()
      tell({ receipt: 'ODD0000001', amountCents: 300 })
      tell({ receipt: 'ASIDE00001', amountCents: 500, billReference: purchase.attempt.accountRef })
      rooms.addPackage({ priceCents: 500 })
      assert.equal(claim('ODD0000001').outcome, 'no-package')
      assert.equal(claim('ASIDE00001').outcome, 'no-package')
      assert.equal(claim('NOBODY0001').outcome, 'unknown')
      assert.equal(rooms.value('SELECT count(*) FROM grants'), 0)
    })

    it('buys again when it was a second payment', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.paid()
      tell({ receipt: 'SECOND0009', billReference: purchase.attempt.accountRef })
      const outcome = claim('SECOND0009')
      assert.ok(outcome.outcome === 'paid' && outcome.paymentId !== purchase.paymentId)
    })
  })

  describe('and that an operator assigns', () => {
    const assign = (change: Partial<Parameters<typeof assignReceipt.run>[1]>) =>
      rooms.run(assignReceipt, {
        ...{ receipt: 'MONEY00001', packageId: null, paymentId: null, phoneNumber: null, macAddress: null },
        ...{ by: 'asha', reason: 'the customer showed the SMS', ...change },
      })

    it('buys a package whatever it costs, and the history says who decided', () => {
      tell({ receipt: 'MONEY00001', amountCents: 700 })
      const outcome = assign({ packageId: rooms.addPackage() })
      assert.ok(outcome.outcome === 'assigned')
      assert.ok(grantOf(rooms.db, 'payment', outcome.paymentId))
      const [last] = rooms.rows('SELECT by_whom, detail FROM payment_history ORDER BY id DESC')
      assert.deepEqual(last, { by_whom: 'asha', detail: 'MONEY00001: the customer showed the SMS' })
      assert.equal(assign({ packageId: 1 }).outcome, 'already-used')
    })

    it('names the money that only the query had told of when it is of that amount: a wrong choice cannot be taken back', () => {
      const purchase = openPurchase(rooms).prompted()
      purchase.queryPaid()
      const { paymentId } = purchase
      tell({ receipt: 'MONEY00001', amountCents: PRICE_CENTS + 100 })
      const before = rooms.snapshot()
      assert.equal(assign({ paymentId }).outcome, 'other-amount')
      assert.deepEqual(rooms.snapshot(), before)
      tell({ receipt: 'MONEY00002', payer: masked('254712345678') })
      assert.equal(assign({ receipt: 'MONEY00002', paymentId }).outcome, 'assigned')
      assert.equal(free(), 1)
    })

    it('pays an open purchase of that amount, and no other', () => {
      tell({ receipt: 'MONEY00001', payer: masked('254712345678') })
      const purchase = openPurchase(rooms).prompted()
      const dear = openPurchase(rooms, { packageId: rooms.addPackage({ priceCents: 5000 }) }).prompted()
      assert.equal(assign({ paymentId: dear.paymentId }).outcome, 'other-amount')
      assert.equal(assign({ paymentId: purchase.paymentId }).outcome, 'assigned')
      assert.equal(purchase.state, 'PAID')
      assert.equal(assign({ paymentId: dear.paymentId }).outcome, 'already-used')
      assert.equal(assign({ receipt: 'NOBODY0001', packageId: 1 }).outcome, 'unknown-receipt')
    })
  })

  it('by M-PESA’s own list: what was missed is settled, what is known is matched, what is only here is counted', async () => {
    const missed = openPurchase(rooms).prompted()
    const known = openPurchase(rooms).prompted()
    const atMs = rooms.clock.nowMs()
    known.paid({ paidAtMs: atMs })
    tell({ receipt: 'ONLYHERE01', paidAtMs: atMs + 1 })
    const rows = [
      report({ receipt: missed.receipt, billReference: missed.attempt.accountRef, paidAtMs: atMs - 120_000 }),
      report({ receipt: known.receipt, paidAtMs: atMs }),
      report({ receipt: 'WALKIN0001', paidAtMs: atMs + 120_000 }),
    ].map((said) => ({ report: said, line: said.receipt }))
    const result = await reconcileMoney(hands(), { channel: 'statement', rows, source: 'asha' })
    assert.deepEqual(result, {
      outcomes: { paid: 1, known: 1, unallocated: 1 },
      ...{ matched: 1, missingHere: 2, missingThere: 1, amountDiffers: 0, failed: 0 },
    })
    assert.equal(missed.state, 'PAID')
    const again = await reconcileMoney(hands(), { channel: 'statement', rows, source: 'asha' })
    assert.deepEqual([again.matched, again.missingHere], [3, 0])
  })

  it('on a long list is settled a hundred at a time, whatever one row does, and what is known is not written again', async () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    const others = Array.from({ length: 120 }, () => report())
    const bad = report({ amountCents: 0.5 })
    const rows = [report({ receipt: purchase.receipt }), ...others, bad].map((said) => ({
      report: said,
      line: said.receipt,
    }))
    const list = { channel: 'pull', rows, source: 'M-PESA' } as const
    const sizes: number[] = []
    const store: Store = {
      run(command, input) {
        if (Array.isArray((input as { rows?: unknown }).rows)) sizes.push((input as { rows: unknown[] }).rows.length)
        return new Promise((resolve) => resolve(rooms.run(command, input)))
      },
    }
    const first = await reconcileMoney({ store, db: rooms.reader }, list)
    assert.deepEqual([first.failed, first.matched, first.missingHere], [1, 1, 120])
    assert.ok(Math.max(...sizes) <= 100)
    assert.equal(rooms.value('SELECT count(*) FROM reconciliation_runs'), 1)
    await reconcileMoney({ store, db: rooms.reader }, list)
    assert.equal(
      rooms.value('SELECT repeats FROM money_inbox WHERE body = ?', purchase.receipt),
      0,
      'what is settled is not written again',
    )
  })

  it('is told by messages whose words are forgotten after ninety days, though not that they came', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    tell()
    const blank = (inbox: 'callback_inbox' | 'money_inbox') => rooms.run(blankOldMessages, { inbox, limit: 500 })
    rooms.clock.step(89 * DAY_MS)
    assert.deepEqual([blank('callback_inbox'), blank('money_inbox')], [0, 0])
    rooms.clock.step(2 * DAY_MS)
    const judge = (trusted: boolean) => rooms.run(judgeClock, { trusted, reason: 'test' })
    judge(false)
    assert.deepEqual([blank('callback_inbox'), blank('money_inbox')], [0, 0], 'by a clock that may be wrong')
    judge(true)
    const weighed = rooms.value('SELECT outcome FROM money_inbox')
    rooms.db.prepare("UPDATE money_inbox SET outcome = 'not-weighed'").run()
    assert.deepEqual([blank('callback_inbox'), blank('money_inbox')], [1, 0], 'what is still to be weighed')
    rooms.db.prepare('UPDATE money_inbox SET outcome = ?').run(weighed)
    assert.deepEqual([blank('callback_inbox'), blank('money_inbox')], [0, 1])
    assert.deepEqual([blank('callback_inbox'), blank('money_inbox')], [0, 0])
    assert.equal(rooms.value('SELECT body FROM callback_inbox'), '')
    assert.equal(purchase.paid(), 'no-change')
    assert.equal(rooms.value('SELECT repeats FROM callback_inbox'), 1)
  })
})
