import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { recordPushAnswer, recoverInterrupted, startAttempt } from '../../src/billing/push-attempt.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('a push to the phone', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  it('is written down before M-PESA is called: reference, token and price', () => {
    const purchase = openPurchase(rooms)
    const start = purchase.send()
    assert.equal(purchase.state, 'SUBMITTING')
    assert.match(start.accountRef, /^[0-9A-Z]{1,12}$/)
    assert.ok(start.callbackToken.length >= 32)
    assert.equal(start.amountCents, PRICE_CENTS)
    assert.equal(start.phoneNumber, purchase.asked.phoneNumber)
    assert.equal(rooms.value('SELECT outcome FROM payment_attempts WHERE id = ?', start.attemptId), 'open')
  })

  it('has a reference and a token of its own', () => {
    const all = [1, 2, 3].map(() => openPurchase(rooms).send())
    assert.equal(new Set(all.map(({ accountRef }) => accountRef)).size, 3)
    assert.equal(new Set(all.map(({ callbackToken }) => callbackToken)).size, 3)
  })

  it('is sent once: who asks again after a crash finds it uncertain, and sends nothing', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    assert.deepEqual(rooms.run(startAttempt, { paymentId: purchase.paymentId }), { outcome: 'nothing-to-send' })
    assert.equal(purchase.state, 'UNCERTAIN')
    assert.deepEqual(rooms.run(startAttempt, { paymentId: purchase.paymentId }), { outcome: 'nothing-to-send' })
    assert.equal(rooms.value('SELECT count(*) FROM payment_attempts'), 1)
  })

  it('of a payment that does not exist is nothing', () => {
    assert.deepEqual(rooms.run(startAttempt, { paymentId: 'nobody' }), { outcome: 'nothing-to-send' })
  })

  it('that was cut off by a power cut is uncertain at the next start', () => {
    const cut = openPurchase(rooms)
    cut.send()
    const others = [openPurchase(rooms), openPurchase(rooms).prompted()]
    const paid = openPurchase(rooms).prompted()
    paid.paid()
    rooms.restart()
    assert.equal(rooms.run(recoverInterrupted, {}), 1)
    assert.equal(rooms.run(recoverInterrupted, {}), 0)
    assert.equal(cut.state, 'UNCERTAIN')
    assert.deepEqual(
      [...others, paid].map(({ state }) => state),
      ['CREATED', 'PROMPTED', 'PAID'],
    )
    assert.equal(cut.paid(), 'paid')
  })

  it('that was accepted is a prompt, not money', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    purchase.accepted()
    purchase.accepted()
    assert.equal(purchase.state, 'PROMPTED')
    assert.deepEqual(purchase.completions(), [])
    assert.equal(rooms.facts('payment.prompted').length, 1)
  })

  it('that was refused says when to try again', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    purchase.refused('busy', 60)
    assert.equal(purchase.state, 'REJECTED')
    assert.equal(purchase.row.failureCode, 'busy')
    assert.equal(purchase.row.retryAtMs, rooms.clock.nowMs() + 60_000)
    assert.equal(rooms.facts('payment.failed').length, 1)
  })

  it('whose answer was lost is uncertain; an answer that is heard late fills in the ids', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    purchase.lost()
    purchase.accepted()
    assert.equal(purchase.state, 'UNCERTAIN')
    assert.equal(purchase.queryPaid(), 'paid')
  })

  it('never takes over ids that are another attempt’s, and does not fail on them', () => {
    const first = openPurchase(rooms).prompted()
    const second = openPurchase(rooms)
    second.send()
    second.accepted(first.ids)
    assert.equal(second.state, 'PROMPTED')
    assert.equal(second.queryPaid(), 'no-change')
    assert.equal(first.paid(), 'paid')
  })

  it('keeps the ids that it has', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.accepted({ merchantRequestId: 'm-late', checkoutRequestId: 'ws_CO_late' })
    assert.equal(purchase.paid(), 'paid')
  })

  it('of nobody’s attempt changes nothing', () => {
    const before = rooms.snapshot()
    rooms.run(recordPushAnswer, { attemptId: 99, answer: { outcome: 'lost', detail: '' } })
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('is not sent any more when the box was down while the customer waited: no prompt out of the blue', () => {
    const purchase = openPurchase(rooms)
    rooms.clock.step(150_000)
    assert.deepEqual(rooms.run(startAttempt, { paymentId: purchase.paymentId }), { outcome: 'nothing-to-send' })
    assert.equal(purchase.state, 'CLOSED_UNPAID')
    assert.equal(purchase.row.failureCode, 'mpesa-down')
    assert.equal(rooms.value('SELECT count(*) FROM payment_attempts'), 0)
    assert.equal(rooms.facts('payment.failed').length, 1)
  })
})
