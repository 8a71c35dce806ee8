import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { receiveCallback, recordQueryAnswer } from '../../src/billing/payment-answers.ts'
import { giveUpPayments, missDeadline } from '../../src/billing/payment-deadlines.ts'
import { isPaid, type PaymentState } from '../../src/billing/payment-states.ts'
import { phoneSha256 } from '../../src/billing/phone-number.ts'
import { recordPushAnswer, recoverInterrupted, startAttempt } from '../../src/billing/push-attempt.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { type MoneyMessage, type MoneyReport, receiveMoney } from '../../src/billing/receive-money.ts'
import { decideOnRefund, type RefundResult, recordRefundResult, requestRefund } from '../../src/billing/refunds.ts'
import { approvePayment, rejectPayment } from '../../src/billing/review.ts'
import type { Evidence } from '../../src/billing/weigh.ts'
import type { NamedCommand } from '../../src/store/client.ts'
import { everyState } from './every-state.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

type Event = {
  name: string
  /** Says that this prompt was paid, and nothing in it is wrong. */
  money: boolean
  play(): void
}

interface Receipt {
  receipt: string | null
  amount_cents: number
  payment_id: string | null
  duplicate_of: number | null
}

/** What M-PESA says of a receipt whose amount is not the price. */
const TOLD_CENTS: Record<string, number> = {
  OTHER00001: PRICE_CENTS + 100,
  C2BODD0001: PRICE_CENTS - 100,
  LAST000003: PRICE_CENTS + 200,
}

/**
 * Everything that can happen to one payment after its push was written down, in every order and any number of times,
 * against the real commands on a real file. States that have been seen are not played again, so this ends when nothing
 * new can come.
 */
describe('every order of events', () => {
  let rooms: Rooms
  before(() => {
    rooms = openRooms()
  })
  after(() => rooms.close())

  function openWorld() {
    const purchase = openPurchase(rooms)
    const { paymentId, ids } = purchase
    const { attemptId, callbackToken: token, accountRef } = purchase.send()
    const perform = <Input>({ name }: NamedCommand<Input, unknown>, input: Input) =>
      rooms.engine.perform({ kind: 'command', requestId: 0, name, input })
    const callback = (evidence: Evidence) =>
      perform(receiveCallback, { token, body: JSON.stringify(evidence), evidence, sourceAddress: '' })
    const paid = (change: object = {}) => callback(purchase.paidEvidence(change))
    const pushed = (answer: Parameters<typeof recordPushAnswer.run>[1]['answer']) =>
      perform(recordPushAnswer, { attemptId, answer })
    const told = (channel: MoneyMessage['channel'], change: Partial<MoneyReport>) => {
      const money = { kind: 'money', receipt: '', amountCents: PRICE_CENTS, billReference: accountRef } as const
      const report = { ...money, payer: UNKNOWN_PAYER, paidAtMs: null, ...change }
      perform(receiveMoney, { channel, report, body: JSON.stringify(report), source: '' })
    }
    const c2b = (change: Partial<MoneyReport>) => told('c2b', change)
    const odd = (tell: (change: { receipt: string; amountCents?: number }) => void, receipt: string) =>
      tell({ receipt, ...(TOLD_CENTS[receipt] !== undefined && { amountCents: TOLD_CENTS[receipt] }) })
    const { receipt } = purchase
    const phone = purchase.asked.phoneNumber
    const byPhone = { billReference: null, payer: { ...UNKNOWN_PAYER, phone } }
    const byHash = { billReference: null, payer: { ...UNKNOWN_PAYER, sha256: phoneSha256(phone).toString('hex') } }
    const verdict = { paymentId, receipt: null, reason: 'so it is', by: 'asha' }
    const refundId = (state: string) => rooms.value('SELECT id FROM refunds WHERE state = ? LIMIT 1', state) as string
    const decide = (approve: boolean) =>
      perform(decideOnRefund, { refundId: refundId('requested') ?? '', approve, by: 'juma', isOperator: true })
    const refunded = (result: RefundResult['result']) => {
      const id = refundId('sent') ?? refundId('uncertain') ?? ''
      perform(recordRefundResult, { refundId: id, result, method: 'manual', reference: null, by: 'asha' })
    }
    const failure = { resultCode: '1032', failureCode: 'cancelled' }

    const event = (name: string, play: () => void, money = false): Event => ({ name, play, money })
    const events: Event[] = [
      event('push accepted', () => pushed({ outcome: 'accepted', ...ids })),
      event('push refused', () =>
        pushed({ outcome: 'refused', failureCode: 'busy', retryAfterSeconds: 60, detail: '' }),
      ),
      event('push lost', () => pushed({ outcome: 'lost', detail: '' })),
      event('callback paid', () => paid(), true),
      event('callback paid, second receipt', () => paid({ receipt: 'SECOND0001' }), true),
      event('callback of another amount', () => odd(paid, 'OTHER00001')),
      event('callback without receipt', () => paid({ receipt: undefined })),
      event('callback without amount', () => paid({ amountCents: undefined })),
      event('callback of other ids', () => paid({ checkoutRequestId: 'ws_CO_x', receipt: 'FOREIGN001' })),
      event('callback failed', () => callback({ kind: 'failed', ...ids, ...failure })),
      event('callback malformed', () => callback({ kind: 'malformed', reason: '' })),
      event('query paid', () => perform(recordQueryAnswer, { paymentId, answer: { kind: 'paid' } })),
      event('query failed', () => perform(recordQueryAnswer, { paymentId, answer: { kind: 'failed', ...failure } })),
      event('deadline', () => perform(missDeadline, { paymentId })),
      event('restart', () => perform(recoverInterrupted, {})),
      event('push job again', () => perform(startAttempt, { paymentId })),
      event('process-payment', () => perform(deliverPayment, { paymentId })),
      event('provisioned', () => perform(notePaymentDelivered, { paymentId, by: 'online' })),
      event('C2B, the callback’s own money', () => c2b({ receipt }), true),
      event('C2B of another amount', () => odd(c2b, 'C2BODD0001')),
      event('given up', () => perform(giveUpPayments, { askedBeforeMs: Number.MAX_SAFE_INTEGER })),
      event('refund asked for', () =>
        perform(requestRefund, { ...verdict, isOperator: true, approvalAboveCents: PRICE_CENTS * 10 }),
      ),
      event('refund approved', () => decide(true)),
      event('refund refused', () => decide(false)),
      event('refund done', () => refunded('done')),
      event('refund failed', () => refunded('failed')),
      event('refund lost', () => refunded('lost')),
      event('refund not done', () => refunded('not-done')),
      event('review approved', () => perform(approvePayment, { ...verdict, receipt: 'SEEN000001' })),
      event('review rejected', () => perform(rejectPayment, verdict)),
    ]
    const lastWords: Event[] = [
      event('last, the statement lists it', () => told('statement', { receipt }), true),
      event('last, the till tells of it by the payer’s number', () => c2b({ receipt, ...byPhone }), true),
      event(
        'last, the pull lists another payment, by a hashed number',
        () => told('pull', { receipt: 'LAST000001', ...byHash }),
        true,
      ),
      event('last, C2B of a second receipt', () => c2b({ receipt: 'LAST000002' }), true),
      event('last, the statement lists another amount', () => odd((change) => told('statement', change), 'LAST000003')),
    ]

    const read = () => {
      const state = rooms.value('SELECT state FROM payments WHERE id = ?', paymentId) as PaymentState
      const receipts = rooms.rows<Receipt>(
        'SELECT receipt, amount_cents, payment_id, duplicate_of, checkout_request_id FROM receipts ORDER BY receipt',
      )
      const count = (query: string) => rooms.value(query, paymentId) as number
      return {
        state,
        receipts,
        credits: receipts.filter((row) => row.payment_id !== null).length,
        completions: count(
          "SELECT count(*) FROM journal WHERE type = 'payment.completed' AND data ->> 'paymentId' = ?",
        ),
        grants: count('SELECT count(*) FROM grants WHERE source_id = ?'),
        attempts: rooms.rows(
          'SELECT outcome, checkout_request_id FROM payment_attempts WHERE payment_id = ?',
          paymentId,
        ),
        refunds: rooms.rows<{ state: string }>(
          "SELECT receipt_id, state FROM refunds WHERE state NOT IN ('refused', 'failed') ORDER BY receipt_id",
        ),
        // All that a later step looks back at.
        wrongAmount: count(
          "SELECT min(1, count(*)) FROM payment_history WHERE payment_id = ? AND event = 'MONEY_WITH_FAULT' AND detail = 'wrong-amount'",
        ),
      }
    }
    return { purchase, events, lastWords, read }
  }

  const sum = (from: string) => `(SELECT coalesce(sum(amount_cents), 0) FROM ${from})`
  const balance = (accounts: string) => sum(`ledger_entries WHERE account IN (${accounts})`)
  const counted = 'receipts WHERE duplicate_of IS NULL'
  const gone = "id NOT IN (SELECT receipt_id FROM refunds WHERE state IN ('sent', 'uncertain', 'done'))"

  /** By how much the books differ from the money, account by account. */
  const books = (): unknown[] =>
    Object.values(
      rooms.rows(
        `SELECT ${balance("'mpesa_float'")} - ${sum(counted)} + ${sum("refunds WHERE state = 'done'")} AS moved,
         ${balance("'unallocated'")} + ${sum(`${counted} AND payment_id IS NULL AND ${gone}`)} AS nobodys,
         ${balance("'prepaid', 'wifi_sales'")} + ${sum(`${counted} AND payment_id IS NOT NULL AND ${gone}`)} AS sold,
         ${balance("'refund_due'")} + ${sum("refunds WHERE state IN ('sent', 'uncertain')")} AS owed`,
      )[0] ?? {},
    )

  /**
   * Plays everything from everywhere. At each new place every report of money is played that M-PESA could end with, and goes no
   * further: what follows from them is what follows from a callback.
   */
  function explore(
    leftOut: readonly string[],
    visit: (path: readonly Event[], before: World, now: World) => void,
  ): number {
    const world = openWorld()
    const isPlayed = ({ name }: Event) => !leftOut.some((words) => name.startsWith(words))
    const [events, lastWords] = [world.events.filter(isPlayed), world.lastWords.filter(isPlayed)]
    const { read } = world
    if (leftOut.includes('push')) world.purchase.accepted()
    const seen = new Set<string>()
    const { db } = rooms
    const step = (way: Event[], before: World, next: (now: World) => void) => {
      db.exec('SAVEPOINT step')
      way.at(-1)?.play()
      const now = read()
      visit(way, before, now)
      next(now)
      db.exec('ROLLBACK TO step; RELEASE step')
    }
    const go = (path: Event[], before: World) => {
      for (const word of lastWords) step([...path, word], before, () => {})
      for (const event of events) {
        const way = [...path, event]
        step(way, before, (now) => {
          const mark = JSON.stringify(now)
          if (seen.has(mark)) return
          seen.add(mark)
          go(way, now)
        })
      }
    }
    db.exec('BEGIN')
    try {
      go([], read())
    } finally {
      db.exec('ROLLBACK')
    }
    return seen.size
  }

  type World = ReturnType<ReturnType<typeof openWorld>['read']>
  const said = (path: readonly Event[]) => path.map(({ name }) => name).join(', ')

  const refundsAndVerdicts = ['refund', 'review', 'C2B']
  const beforeAnyMoney = [
    'push',
    'callback failed',
    'callback malformed',
    'restart',
    'query failed',
    'deadline',
    'given up',
  ]
  const strangeMoney = [
    'callback paid, second',
    'callback of other ids',
    'callback without',
    'C2B of another',
    'process-',
  ]

  const always: Record<string, readonly string[]> = {
    'all that M-PESA may say': refundsAndVerdicts,
    'what people may decide': [...beforeAnyMoney, ...strangeMoney],
  }
  const explorations =
    process.env.MLANGO_TEST_FULL === '1' ? { ...always, 'money and people': [...beforeAnyMoney, 'last'] } : always

  for (const [name, leftOut] of Object.entries(explorations)) {
    it(`${name}: never credits without money, never twice, ignores no money, and the books agree`, (test) => {
      const reached = new Set<string>()
      const size = explore(leftOut, (path, before, now) => {
        const way = said(path)
        // As long as M-PESA's ids are unknown, the token alone says whose callback it is.
        const knownIds = before.attempts.some((row) => row.checkout_request_id !== null)
        const last = path.at(-1)
        const proof =
          last?.money ||
          last?.name === 'query paid' ||
          last?.name === 'review approved' ||
          (last?.name === 'callback of other ids' && !knownIds)
        reached.add(now.state)
        const delivered = now.state === 'PAID' || now.state === 'FULFILLED'
        const goesBack = now.refunds.some(({ state }) => ['requested', 'sent', 'uncertain', 'done'].includes(state))
        assert.ok(proof || now.credits <= before.credits, `credited without money: ${way}`)
        assert.ok(now.credits <= 1 && now.credits >= before.credits, `one receipt pays a payment, for good: ${way}`)
        assert.ok(!delivered || now.credits === 1, `a receipt pays what is paid: ${way}`)
        assert.ok(!isPaid(now.state) || now.credits === 1 || goesBack, `money stands behind a refund: ${way}`)
        assert.equal(now.completions, now.credits, `one fact for one credit: ${way}`)
        assert.ok(now.grants <= now.credits, `one grant, and only for money: ${way}`)
        const undone = isPaid(before.state) && !isPaid(now.state)
        assert.ok(!undone || (last?.name === 'refund failed' && now.state === 'REVIEW'), `money was undone: ${way}`)
        assert.ok(now.receipts.length >= before.receipts.length, `a receipt was lost: ${way}`)
        assert.ok(
          now.credits === before.credits || (delivered && !isPaid(before.state)),
          `a credit is a payment: ${way}`,
        )
        if (last?.money) assert.ok(now.credits === 1 || goesBack, `money was ignored: ${way}`)
        for (const { receipt, amount_cents: cents } of now.receipts) {
          assert.ok(
            receipt === null || cents === (TOLD_CENTS[receipt] ?? PRICE_CENTS),
            `${receipt} of ${cents}: ${way}`,
          )
        }
        if (last?.money || last?.name.includes('another amount')) {
          const unnamed = now.receipts.filter((row) => row.receipt === null).length
          const named = now.receipts.filter((row) => row.duplicate_of !== null).length
          assert.ok(goesBack || unnamed <= named, `one payment of money stands in the books twice: ${way}`)
        }
        const idsKnown = now.attempts.some((row) => row.checkout_request_id !== null)
        if (last?.name === 'query paid' && idsKnown && now.wrongAmount === 0) {
          assert.ok(isPaid(now.state) || now.credits === 1 || goesBack, `M-PESA says paid, and nobody listens: ${way}`)
        }
        assert.ok(now.attempts.length === 1, `a second push: ${way}`)
        assert.deepEqual(books(), [0, 0, 0, 0], `the books disagree with the money: ${way}`)
      })
      const early = ['SUBMITTING', 'UNCERTAIN', 'REJECTED', 'DECLINED', 'EXPIRED']
      const late = ['REFUND_PENDING', 'REFUND_UNCERTAIN', 'REFUNDED']
      const unreached = ['CREATED', ...(leftOut.includes('push') ? early : late)]
      assert.deepEqual([...reached].sort(), everyState.filter((state) => !unreached.includes(state)).sort())
      assert.ok(size > 100, `${size} states`)
      test.diagnostic(`${size} states`)
    })
  }
})
