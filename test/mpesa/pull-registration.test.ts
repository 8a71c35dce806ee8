import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hands } from '../../jobs/services.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { systemClock } from '../../src/clock.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import { openMpesaClient } from '../../src/mpesa/mpesa-client.ts'
import { pullRegistrationOf } from '../../src/mpesa/pull-registration.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { openRooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'

const account = { consumerKey: 'key', consumerSecret: 'secret', shortcode: '174379', passkey: 'passkey' }

/** A box that pulls, and M-PESA's far end. */
async function setup(t: { after(stop: () => void): void }, nominatedNumber = '254712345678') {
  const rooms = openRooms()
  const simulator = await startMpesaSimulator(account)
  t.after(() => rooms.close())
  t.after(() => simulator.stop())
  const started = (): NonNullable<Hands['mpesa']> => ({
    client: openMpesaClient(
      { ...account, baseUrl: simulator.url, type: 'paybill' },
      { log: rooms.log, clock: systemClock },
    ),
    pace: undefined as never,
    callbackUrl: () => '',
    c2bUrls: { confirmation: 'https://pay.example/confirmation', validation: '' },
    pull: true,
    pullRegistration: { nominatedNumber, callbackUrl: 'https://pay.example/confirmation', isDone: false },
  })
  return { rooms, simulator, started }
}

test('the shortcode is registered before the first look into M-PESA’s books, and once for each start', async (t) => {
  const { rooms, simulator, started } = await setup(t)
  let mpesa = started()
  for (let look = 0; look < 3; look++) {
    assert.equal((await runJob(rooms, 'pull-transactions', {}, { mpesa })).kind, 'done')
  }
  assert.deepEqual(simulator.pullRegistrations, ['254712345678'])
  mpesa = started()
  assert.equal((await runJob(rooms, 'pull-transactions', {}, { mpesa })).kind, 'done')
  // M-PESA says that it was registered already, which is as good.
  assert.equal(mpesa.pullRegistration?.isDone, true)
  assert.equal(simulator.pullRegistrations.length, 2)
})

test('while M-PESA is down the look waits; a refused number does not keep it from what may be registered already', async (t) => {
  const { rooms, simulator, started } = await setup(t, '123')
  const mpesa = started()
  simulator.down = true
  assert.notEqual((await runJob(rooms, 'pull-transactions', {}, { mpesa })).kind, 'done')
  simulator.down = false
  assert.equal((await runJob(rooms, 'pull-transactions', {}, { mpesa })).kind, 'done')
  assert.equal(mpesa.pullRegistration?.isDone, false)
  assert.equal(rooms.value('SELECT count(*) FROM reconciliation_runs'), 1)
})

test('by a clock that is not trusted no receipt is missing in M-PESA’s books, which may not reach back to that time', async (t) => {
  const { rooms, started } = await setup(t)
  const mpesa = started()
  const report = { receipt: 'LASTWEEK01', amountCents: 1_000, billReference: null, payer: UNKNOWN_PAYER }
  const paidAtMs = rooms.clock.nowMs()
  const money = { kind: 'money', ...report, paidAtMs } as const
  rooms.run(receiveMoney, { channel: 'c2b', report: money, body: '', source: '' })
  // The box was off for a week, and its clock goes on where it stopped.
  rooms.clock.step(3_600_000)
  rooms.run(judgeClock, { trusted: false, reason: 'test' })
  const missing = () => rooms.value('SELECT count(*) FROM reconciliation_differences')
  await runJob(rooms, 'pull-transactions', {}, { mpesa })
  assert.equal(missing(), 0)
  rooms.run(judgeClock, { trusted: true, reason: 'test' })
  await runJob(rooms, 'pull-transactions', {}, { mpesa })
  assert.equal(missing(), 1)
})

test('only M-PESA’s own words count as registered', () => {
  const said = (body: object, status = 200) => pullRegistrationOf({ status, text: JSON.stringify(body) }).outcome
  assert.equal(said({ ResponseStatus: '1000' }), 'registered')
  assert.equal(said({ 'Response Status': 1001 }), 'registered')
  assert.equal(said({ ResponseStatus: '1002' }), 'refused')
  assert.equal(said({}), 'refused')
  assert.equal(said({ errorCode: '401.001' }), 'token-refused')
  assert.equal(said({ ResponseStatus: '1000' }, 500), 'no-answer')
  assert.equal(pullRegistrationOf({ status: 503, text: '<html>' }).outcome, 'no-answer')
})
