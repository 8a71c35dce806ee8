import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { deliverPayment, notePaymentDelivered } from '../../src/billing/deliver.ts'
import { isPaid, type PaymentState } from '../../src/billing/payment-states.ts'
import { recordPushAnswer, recoverInterrupted, startAttempt } from '../../src/billing/push-attempt.ts'
import { type Evidence, missDeadline, receiveCallback, recordQueryAnswer } from '../../src/billing/settle.ts'
import type { NamedCommand } from '../../src/store/client.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

type Event = {
  name: string
  /** Says that this prompt was paid, and nothing in it is wrong. */
  money: boolean
  play(): void
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
    const { attemptId, callbackToken: token } = purchase.send()
    const perform = <Input>({ name }: NamedCommand<Input, unknown>, input: Input) =>
      rooms.engine.perform({ kind: 'command', requestId: 0, name, input })
    const callback = (evidence: Evidence) =>
      perform(receiveCallback, { token, body: JSON.stringify(evidence), evidence, sourceAddress: '' })
    const paid = (change: object = {}) => callback(purchase.paidEvidence(change))
    const pushed = (answer: Parameters<typeof recordPushAnswer.run>[1]['answer']) =>
      perform(recordPushAnswer, { attemptId, answer })
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
      event('callback of another amount', () => paid({ receipt: 'OTHER00001', amountCents: PRICE_CENTS + 100 })),
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
      event('provisioned', () => perform(notePaymentDelivered, { paymentId })),
    ]

    const read = () => {
      const state = rooms.value('SELECT state FROM payments WHERE id = ?', paymentId) as PaymentState
      const receipts = rooms.rows<{ receipt: string | null; payment_id: string | null }>(
        'SELECT receipt, checkout_request_id, payment_id FROM receipts ORDER BY receipt',
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
        // All that a later step looks back at.
        wrongAmount: count(
          "SELECT min(1, count(*)) FROM payment_history WHERE payment_id = ? AND event = 'MONEY_WITH_FAULT' AND detail = 'wrong-amount'",
        ),
      }
    }
    return { purchase, events, read }
  }

  /** Plays `event` from where the file stands, looks, and goes back. */
  function explore(visit: (path: readonly Event[], before: World, now: World) => void): number {
    const { events, read } = openWorld()
    const seen = new Set<string>()
    const { db } = rooms
    const go = (path: Event[], before: World) => {
      for (const event of events) {
        db.exec('SAVEPOINT step')
        event.play()
        const now = read()
        const way = [...path, event]
        visit(way, before, now)
        const mark = JSON.stringify(now)
        if (!seen.has(mark)) {
          seen.add(mark)
          go(way, now)
        }
        db.exec('ROLLBACK TO step')
        db.exec('RELEASE step')
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

  it('credits never without money, never twice, takes no credit back and ignores no money', () => {
    const reached = new Set<string>()
    const size = explore((path, before, now) => {
      const way = said(path)
      // As long as M-PESA's ids are unknown, the token alone says whose callback it is.
      const knownIds = before.attempts.some((row) => row.checkout_request_id !== null)
      const last = path.at(-1)
      const proof = last?.money || last?.name === 'query paid' || (last?.name === 'callback of other ids' && !knownIds)
      reached.add(now.state)
      assert.ok(proof || isPaid(before.state) || !isPaid(now.state), `credited without money: ${way}`)
      assert.equal(now.credits, isPaid(now.state) ? 1 : 0, `one receipt pays a paid payment: ${way}`)
      assert.equal(now.completions, isPaid(now.state) ? 1 : 0, `one fact for one credit: ${way}`)
      assert.ok(now.grants <= 1 && (now.grants === 0 || isPaid(now.state)), `one grant, and only for money: ${way}`)
      assert.ok(!isPaid(before.state) || isPaid(now.state), `money was undone: ${way}`)
      assert.ok(now.receipts.length >= before.receipts.length, `a receipt was lost: ${way}`)
      if (last?.money) assert.ok(isPaid(now.state), `money was ignored: ${way}`)
      const idsKnown = now.attempts.some((row) => row.checkout_request_id !== null)
      if (last?.name === 'query paid' && idsKnown && now.wrongAmount === 0) {
        assert.ok(isPaid(now.state), `M-PESA says paid, and nobody listens: ${way}`)
      }
      assert.ok(now.attempts.length === 1, `a second push: ${way}`)
    })
    assert.deepEqual([...reached].sort(), [
      'DECLINED',
      'EXPIRED',
      'FULFILLED',
      'PAID',
      'PROMPTED',
      'REJECTED',
      'REVIEW',
      'SUBMITTING',
      'UNCERTAIN',
    ])
    assert.ok(size > 100, `${size} states`)
  })
})
