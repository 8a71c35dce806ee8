import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { catalogue } from '../../jobs/catalogue.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { receiveCallback } from '../../src/billing/payment-answers.ts'
import { poolNames, queueNames, queues } from '../../src/flow/queues.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase, PHONE } from '../billing/purchase.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from '../jobs/run-job.ts'

describe('it never happens that', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const process = (paymentId: string) => runJob(rooms, 'process-payment', { paymentId })

  it('money is lost because its callback overtakes the answer to the push', () => {
    const purchase = openPurchase(rooms)
    purchase.send()
    assert.equal(purchase.paid(), 'paid')
    purchase.accepted()
    assert.equal(purchase.state, 'PAID')
    assert.equal(purchase.completions().length, 1)
  })

  it('a customer completes his own payment, or pays less', () => {
    const purchase = openPurchase(rooms).prompted()
    // What the browser knows: the payment, its status token, the ids, and the format of a callback.
    for (const token of [purchase.token, purchase.paymentId, purchase.ids.checkoutRequestId, '']) {
      const evidence = purchase.paidEvidence()
      const input = { token, body: JSON.stringify(evidence), evidence, sourceAddress: '196.201.212.69' }
      assert.equal(rooms.run(receiveCallback, input), 'unknown-token')
    }
    assert.equal(purchase.state, 'PROMPTED')
    assert.equal(purchase.paid({ amountCents: 100 }), 'review')
    assert.equal(purchase.state, 'REVIEW')
    assert.equal(purchase.completions().length, 0)
  })

  it('a callback changes what was asked for', () => {
    const purchase = openPurchase(rooms).prompted()
    const { phoneNumber, amountCents, packageId } = purchase.row
    purchase.paid({ phoneNumber: '254799000000' })
    const after = purchase.row
    assert.deepEqual([after.phoneNumber, after.amountCents, after.packageId], [phoneNumber, amountCents, packageId])
  })

  it('a repeated callback gives access twice, or a late failure takes the payment back', async () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    await process(purchase.paymentId)
    purchase.paid()
    purchase.failed()
    await process(purchase.paymentId)
    assert.equal(purchase.state, 'PAID')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('a receipt number is dropped', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    assert.deepEqual(
      purchase.receipts().map(({ receipt }) => receipt),
      [purchase.receipt],
    )
    const [fact] = purchase.completions()
    assert.equal(fact?.type === 'payment.completed' && fact.data.receipt, purchase.receipt)
  })

  it('a payment that only a question brought to light gives nobody access', async () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.queryPaid()
    await runWaiting(rooms, 'process-payment')
    assert.ok(grantOf(rooms.db, 'payment', purchase.paymentId))
  })

  it('a prompt that nobody answered keeps the phone from buying for ever', () => {
    const packageId = rooms.addPackage()
    openPurchase(rooms, { packageId, phoneNumber: PHONE }).prompted()
    assert.throws(() => openPurchase(rooms, { packageId, phoneNumber: PHONE, macAddress: null }), /phone-busy/)
    rooms.clock.step(150_001)
    openPurchase(rooms, { packageId, phoneNumber: PHONE, macAddress: null })
  })

  it('a paid payment is taken for a delivered one', async () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    assert.equal(purchase.state, 'PAID')
    await process(purchase.paymentId)
    assert.ok(grantOf(rooms.db, 'payment', purchase.paymentId))
  })

  it('a new payment does not find the subscription that was disconnected before', async () => {
    const subscriber = openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    rooms.clock.step(30 * DAY_MS)
    await runJob(rooms, 'check-expired-subscriptions')
    assert.equal(subscriber.state, 'disconnected')
    await subscriber.pay()
    assert.equal(subscriber.state, 'active')
    assert.equal(rooms.jobs('reconnect-subscription').length, 1)
  })

  it('a job is made that no worker takes', () => {
    assert.deepEqual(Object.keys(catalogue).sort(), [...queueNames].sort())
    for (const queue of queueNames) assert.ok(poolNames.includes(queues[queue].pool), queue)
  })
})
