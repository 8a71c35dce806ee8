import assert from 'node:assert/strict'
import { it, type TestContext } from 'node:test'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { giveUpPayments, missDeadline } from '../../src/billing/payment-deadlines.ts'
import { rejectPayment } from '../../src/billing/review.ts'
import { openSteps } from '../../src/flow/job-steps.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import { openMpesaClient } from '../../src/mpesa/mpesa-client.ts'
import { openQueryPace } from '../../src/mpesa/query-pace.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms } from '../billing/rooms.ts'
import { runJob } from './run-job.ts'

const DARAJA = { consumerKey: 'key', consumerSecret: 'consumer-secret', shortcode: '174379', passkey: 'the-passkey' }
const SPACING_MS = 12_000

/** A site with an M-PESA that may be asked once in twelve seconds, and customers whose callbacks are lost. */
async function setup(t: TestContext, allowance: { queryIntervalMs?: number } = {}) {
  const rooms = openRooms()
  const simulator = await startMpesaSimulator({ ...DARAJA, ...allowance })
  t.after(async () => {
    await simulator.stop()
    rooms.close()
  })
  const mpesa = {
    client: openMpesaClient(
      { ...DARAJA, baseUrl: simulator.url, type: 'paybill' },
      { log: rooms.log, clock: rooms.clock },
    ),
    pace: openQueryPace({ clock: rooms.clock, spacingMs: SPACING_MS }),
    callbackUrl: (token: string) => token,
    c2bUrls: { confirmation: '', validation: '' },
    pull: false,
    pullRegistration: undefined,
  }
  return {
    rooms,
    simulator,
    client: mpesa.client,
    buy: () => {
      rooms.clock.step(1_000)
      return openPurchase(rooms, { macAddress: null }).prompted()
    },
    look({ paymentId }: { paymentId: string }) {
      const [job] = rooms.rows<{ id: number; progress: string }>(
        'SELECT id, progress FROM jobs WHERE unique_key = ?',
        `reconcile-payments:${paymentId}`,
      )
      assert.ok(job)
      const step = openSteps(rooms.store, { jobId: job.id, progress: JSON.parse(job.progress) })
      return runJob(rooms, 'reconcile-payments', { paymentId }, { mpesa, step })
    },
    asked: () => simulator.queries.map(({ checkoutRequestId }) => checkoutRequestId),
  }
}

it('the customer who came last is asked about first, whosever look gets the turn', async (t) => {
  const { rooms, buy, look, asked } = await setup(t)
  const old = buy()
  rooms.clock.step(100_000)
  rooms.run(missDeadline, { paymentId: old.paymentId })
  const first = buy()
  const second = buy()
  rooms.clock.step(SPACING_MS)
  assert.equal((await look(old)).kind, 'snooze')
  assert.deepEqual(asked(), [second.ids.checkoutRequestId])
  // The allowance of the site is used up.
  await look(first)
  assert.equal(asked().length, 1)
  rooms.clock.step(SPACING_MS)
  await look(old)
  rooms.clock.step(SPACING_MS)
  await look(first)
  assert.deepEqual(
    asked(),
    [second, first, second].map(({ ids }) => ids.checkoutRequestId),
  )
})

it('what is old is asked about when nobody looks at a phone', async (t) => {
  const { rooms, buy, look, asked } = await setup(t)
  const old = buy()
  rooms.clock.step(100_000)
  rooms.run(missDeadline, { paymentId: old.paymentId })
  // So new that the callback may still be on its way.
  buy()
  await look(old)
  assert.deepEqual(asked(), [old.ids.checkoutRequestId])
})

it('a question that M-PESA refuses as one too many is asked again at the next turn, however old the payment', async (t) => {
  const { rooms, buy, look, asked } = await setup(t, { queryIntervalMs: 60_000 })
  const [first, second] = [buy(), buy()]
  rooms.clock.step(11 * 60_000)
  for (const { paymentId } of [first, second]) rooms.run(missDeadline, { paymentId })
  await look(first)
  rooms.clock.step(SPACING_MS)
  const outcome = await look(second)
  assert.deepEqual(asked(), [first.ids.checkoutRequestId])
  assert.ok(
    outcome.kind === 'snooze' && outcome.delayMs >= 2 * SPACING_MS && outcome.delayMs <= 3 * SPACING_MS,
    JSON.stringify(outcome),
  )
})

const DAY_MS = 86_400_000

for (const [direction, byMs] of [
  ['forward', 60 * DAY_MS],
  ['back', -60 * DAY_MS],
] as const) {
  it(`a clock that is set ${direction} under an open payment makes it neither older nor younger`, async (t) => {
    const { rooms, buy, look, asked } = await setup(t)
    const purchase = buy()
    const ask = { phoneNumber: purchase.asked.phoneNumber, macAddress: null }
    rooms.clock.step(20_000)
    rooms.run(followClockStep, { byMs })
    rooms.clock.step(byMs)
    assert.deepEqual(await look(purchase), { kind: 'snooze', delayMs: 15_000, effects: [] })
    assert.equal(purchase.state, 'PROMPTED')
    assert.throws(() => openPurchase(rooms, ask), /phone-busy/)
    rooms.clock.step(75_000)
    const outcome = await look(purchase)
    assert.equal(purchase.state, 'EXPIRED')
    assert.equal(asked().length, 2)
    assert.equal(outcome.kind, 'snooze')
    // Nothing of it is left in the way of the phone’s next purchase.
    rooms.clock.step(120_000)
    assert.equal(openPurchase(rooms, ask).state, 'CREATED')
  })
}

it('what nobody paid is asked about until it is closed, and no wrong clock closes it', async (t) => {
  const { rooms, buy, look, asked } = await setup(t)
  const purchase = buy()
  rooms.run(judgeClock, { trusted: false, reason: 'test' })
  rooms.clock.step(3 * DAY_MS)
  assert.equal((await look(purchase)).kind, 'snooze')
  assert.equal(purchase.state, 'EXPIRED')
  rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() })
  assert.equal(purchase.state, 'EXPIRED')
  rooms.clock.step(DAY_MS)
  assert.equal((await look(purchase)).kind, 'snooze')
  assert.equal(asked().length, 2)
  rooms.run(judgeClock, { trusted: true, reason: 'test' })
  rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() })
  assert.equal(purchase.state, 'CLOSED_UNPAID')
  for (const came of ['snooze', 'done']) {
    rooms.clock.step(SPACING_MS)
    assert.equal((await look(purchase)).kind, came)
  }
  assert.equal(asked().length, 4)
})

/** A purchase whose phone M-PESA itself has prompted. */
async function push({ rooms, client }: Awaited<ReturnType<typeof setup>>) {
  const purchase = openPurchase(rooms, { macAddress: null })
  const { accountRef: accountReference, phoneNumber } = purchase.send()
  const callbackUrl = 'https://127.0.0.1:1/x'
  const order = { phoneNumber, accountReference, amountShillings: 10, description: 'WiFi', callbackUrl }
  const answer = await client.push(order, AbortSignal.timeout(5_000))
  assert.ok(answer.outcome === 'accepted')
  purchase.accepted(answer)
  return purchase
}

it('who paid just before the line was cut for days is not closed unasked', async (t) => {
  const site = await setup(t)
  const { rooms, simulator, look } = site
  simulator.defaultScenario = 'lost-callback'
  const purchase = await push(site)
  await simulator.whenPaid()
  simulator.down = true
  rooms.clock.step(3 * DAY_MS)
  rooms.run(missDeadline, { paymentId: purchase.paymentId })
  rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() })
  assert.equal(purchase.state, 'CLOSED_UNPAID')
  assert.equal((await look(purchase)).kind, 'snooze')
  simulator.down = false
  rooms.clock.step(7_200_000)
  assert.equal((await look(purchase)).kind, 'done')
  assert.equal(purchase.state, 'PAID')
})

it('what is closed is asked about once more when M-PESA says nothing of it, and not for ever', async (t) => {
  const site = await setup(t)
  const { rooms, simulator, look } = site
  simulator.defaultScenario = 'late'
  simulator.pendingAnswer = 'wordless'
  const [paid, unpaid] = await Promise.all([push(site), push(site)])
  const closed = [paid, unpaid]
  rooms.clock.step(3 * DAY_MS)
  for (const { paymentId } of closed) rooms.run(missDeadline, { paymentId })
  rooms.run(giveUpPayments, { askedBeforeMs: rooms.clock.nowMs() })
  for (const purchase of closed) {
    assert.deepEqual(await look(purchase), { kind: 'snooze', delayMs: 7_200_000, effects: [] })
    rooms.clock.step(SPACING_MS)
  }
  assert.equal((await look(unpaid)).kind, 'done')
  assert.equal(unpaid.state, 'CLOSED_UNPAID')
  await simulator.releaseLate()
  rooms.clock.step(SPACING_MS)
  assert.equal((await look(paid)).kind, 'done')
  assert.equal(paid.state, 'PAID')
})

it('what a person has closed is not asked about: that decision stands', async (t) => {
  const { rooms, buy, look, asked } = await setup(t)
  const purchase = buy()
  purchase.paid({ receipt: undefined })
  assert.equal(purchase.state, 'REVIEW')
  const verdict = { paymentId: purchase.paymentId, reason: 'not in the portal', by: 'amina' }
  assert.equal(rooms.run(rejectPayment, verdict), 'rejected')
  rooms.clock.step(SPACING_MS)
  assert.equal((await look(purchase)).kind, 'done')
  assert.deepEqual(asked(), [])
})
