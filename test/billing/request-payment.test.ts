import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { missDeadline } from '../../src/billing/payment-deadlines.ts'
import { type PaymentRequest, requestPayment } from '../../src/billing/request-payment.ts'
import { sql } from '../../src/store/database.ts'
import { MAC, openPurchase, PHONE } from './purchase.ts'
import { openRooms, PRICE_CENTS, type Rooms } from './rooms.ts'

describe('asking to pay', () => {
  let rooms: Rooms
  let packageId: number
  beforeEach(() => {
    rooms = openRooms()
    packageId = rooms.addPackage()
  })
  afterEach(() => rooms.close())

  const ask = (change: Partial<PaymentRequest> = {}) =>
    rooms.run(requestPayment, {
      phoneNumber: PHONE,
      packageId,
      macAddress: MAC,
      routerId: null,
      clientKey: null,
      timeZone: 'Africa/Nairobi',
      ...change,
    })
  const idOf = (outcome: ReturnType<typeof ask>) => ('paymentId' in outcome ? outcome.paymentId : outcome.outcome)

  it('writes the intent with the package’s own price, and the jobs that follow, in one commit', () => {
    const outcome = ask()
    assert.equal(outcome.outcome, 'requested')
    const [payment] = rooms.rows('SELECT state, amount_cents, currency FROM payments')
    assert.deepEqual(payment, { state: 'CREATED', amount_cents: PRICE_CENTS, currency: 'KES' })
    assert.deepEqual(
      rooms.jobs().map(({ name }) => name),
      ['initiate-stk-push', 'reconcile-payments'],
    )
    assert.equal(rooms.facts('payment.requested').length, 1)
  })

  it('tells the journal no more of the phone than its owner recognises', () => {
    ask()
    assert.ok(!JSON.stringify(rooms.facts()).includes(PHONE.slice(3)))
  })

  it('by two taps is one payment', () => {
    const first = ask()
    const second = ask()
    assert.equal(second.outcome, 'already-requested')
    assert.equal(idOf(second), idOf(first))
    assert.equal(rooms.jobs('initiate-stk-push').length, 1)
  })

  it('by another device for the same phone is refused while its prompt is open', () => {
    ask()
    assert.equal(ask({ macAddress: '02:00:00:00:00:99' }).outcome, 'phone-busy')
    assert.equal(ask({ packageId: rooms.addPackage() }).outcome, 'phone-busy')
  })

  it('with one key is one payment; with the same key for something else it is refused', () => {
    const first = ask({ clientKey: 'k', macAddress: null })
    assert.equal(idOf(ask({ clientKey: 'k', macAddress: null })), idOf(first))
    assert.equal(ask({ clientKey: 'k', macAddress: MAC }).outcome, 'key-reused')
    assert.equal(ask({ clientKey: 'k', macAddress: null, phoneNumber: '254711111111' }).outcome, 'key-reused')
    assert.equal(ask({ clientKey: 'k', macAddress: null, packageId: rooms.addPackage() }).outcome, 'key-reused')
    assert.equal(ask({ clientKey: 'k', macAddress: null, routerId: rooms.addRouter() }).outcome, 'key-reused')
    assert.equal(rooms.value('SELECT count(*) FROM payments'), 1)
  })

  it('again after a refusal or a decline is a new payment, at once', () => {
    for (const end of ['refused', 'failed'] as const) {
      const asked = { packageId, phoneNumber: PHONE }
      const purchase = openPurchase(rooms, asked)
      purchase.send()
      if (end === 'failed') purchase.accepted()
      purchase[end]()
      const again = ask()
      assert.equal(again.outcome, 'requested', end)
      sql(rooms.db, 'UPDATE payments SET created_at_ms = 0 WHERE id = ?').run(idOf(again))
    }
  })

  it('again after a request that never left is a new payment, at once', () => {
    const purchase = openPurchase(rooms, { packageId, phoneNumber: PHONE })
    purchase.send()
    purchase.refused('mpesa-down', null)
    assert.equal(ask().outcome, 'requested')
  })

  for (const doubt of ['an unanswered prompt', 'a lost push', 'money in doubt'] as const) {
    it(`again after ${doubt} waits until 150 s have gone by: it could be paid twice`, () => {
      const purchase = openPurchase(rooms, { packageId, phoneNumber: PHONE })
      purchase.send()
      if (doubt === 'a lost push') purchase.lost()
      else purchase.accepted()
      rooms.clock.step(90_000)
      if (doubt === 'money in doubt') purchase.paid({ receipt: undefined })
      else rooms.run(missDeadline, { paymentId: purchase.paymentId })
      assert.equal(idOf(ask()), purchase.paymentId)
      assert.equal(ask({ packageId: rooms.addPackage() }).outcome, 'phone-busy')
      rooms.clock.step(59_999)
      assert.equal(idOf(ask()), purchase.paymentId)
      rooms.clock.step(1)
      assert.equal(ask().outcome, 'requested')
    })
  }

  it('again when the first is paid buys more', () => {
    const purchase = openPurchase(rooms, { packageId, phoneNumber: PHONE }).prompted()
    purchase.paid()
    assert.equal(ask().outcome, 'requested')
  })

  it('for what is not on sale is refused: unknown, off sale, or hidden', () => {
    const offSale = rooms.addPackage()
    sql(rooms.db, 'UPDATE packages SET active = 0 WHERE id = ?').run(offSale)
    for (const packageId of [999, offSale, rooms.addPackage({ hidden: 1 })]) {
      assert.equal(ask({ packageId }).outcome, 'unknown-package')
    }
    assert.equal(ask({ routerId: 999 }).outcome, 'unknown-router')
    assert.equal(rooms.value('SELECT count(*) FROM payments'), 0)
  })

  it('fixes the price: a later change of the package changes nothing', () => {
    const purchase = openPurchase(rooms, { packageId }).prompted()
    sql(rooms.db, 'UPDATE packages SET price_cents = 100, active = 0 WHERE id = ?').run(packageId)
    assert.equal(purchase.paid({ amountCents: 100 }), 'review')
    assert.equal(purchase.paid({ receipt: 'FULL000001' }), 'paid')
  })
})
