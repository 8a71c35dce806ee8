import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { revokeGrant } from '../../src/access/end-grant.ts'
import { continueGrant, pauseGrant } from '../../src/access/pause.ts'
import { createVouchers, redeemVoucher, revokeVouchers } from '../../src/billing/vouchers.ts'
import { accessFigures } from '../../src/dashboard/access-figures.ts'
import { readDashboard } from '../../src/dashboard/dashboard.ts'
import { lastDays, siteCalendar } from '../../src/dashboard/site-calendar.ts'
import { siteSummary } from '../../src/dashboard/site-summary.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { openStay } from '../access/stay.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS, type Rooms } from '../billing/rooms.ts'
import { plansOf } from '../flow/query-plans.ts'
import { runJob } from '../jobs/run-job.ts'

const ZONE = 'Africa/Nairobi'

describe('the dashboard', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const read = () => readDashboard(rooms.reader, ZONE, rooms.clock.nowMs())
  const count = (query: string, ...values: unknown[]) => rooms.value(query, ...values) as number

  it('knows when the site’s day, week, month and year began', () => {
    const calendar = siteCalendar(ZONE, Date.parse('2027-03-02T22:30:00Z'))
    assert.deepEqual(
      Object.values(calendar).map((atMs) => new Date(atMs).toISOString()),
      [
        '2027-03-02T21:00:00.000Z',
        '2027-02-28T21:00:00.000Z',
        '2027-02-28T21:00:00.000Z',
        '2027-01-31T21:00:00.000Z',
        '2026-12-31T21:00:00.000Z',
      ],
    )
    const days = lastDays(ZONE, Date.parse('2027-03-02T22:30:00Z'), 7)
    assert.equal(days.length, 7)
    assert.equal(new Date(days[0] ?? 0).toISOString(), '2027-02-24T21:00:00.000Z')
    assert.equal(days.at(-1), calendar.dayMs)
  })

  it('says what a plain count of the tables says', async () => {
    const packageId = rooms.addPackage()
    // Forty days of trade, some of it refused, some of it for two customers who come back.
    for (let day = 0; day < 40; day++) {
      const phoneNumber = `25471234000${day % 3}`
      const purchase = openPurchase(rooms, {
        packageId,
        phoneNumber: day === 0 ? '254799999999' : phoneNumber,
      }).prompted()
      if (day % 4 === 3) purchase.failed()
      else {
        purchase.paid()
        await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
      }
      rooms.clock.step(DAY_MS)
    }
    const today = openPurchase(rooms, { packageId, phoneNumber: '254700000001' }).prompted()
    today.paid()
    openPurchase(rooms, { packageId, phoneNumber: '254700000002' }).prompted().failed()
    openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    const stay = openStay(rooms)
    stay.account({ status: 'start', inputBytes: 10, outputBytes: 20 })
    const batch = rooms.run(createVouchers, { packageId, count: 5, prefix: '', expiresAtMs: null, note: '' })
    assert.ok(batch.outcome === 'created')
    rooms.run(redeemVoucher, { code: batch.codes[0] ?? '', macAddress: null })
    rooms.clock.step(HOUR_MS / 2)

    const { money, access, ...rest } = read()
    const { dayMs, weekMs, monthMs, lastMonthMs, yearMs } = siteCalendar(ZONE, rooms.clock.nowMs())
    const takings = (fromMs: number, toMs = Number.MAX_SAFE_INTEGER) => {
      const credited = rooms
        .rows<{ amount_cents: number; arrived_at_ms: number; payment_id: string | null }>('SELECT * FROM receipts')
        .filter((row) => row.payment_id !== null && row.arrived_at_ms >= fromMs && row.arrived_at_ms < toMs)
      return { cents: credited.reduce((sum, row) => sum + row.amount_cents, 0), payments: credited.length }
    }
    assert.deepEqual(money.today, takings(dayMs))
    assert.equal(money.today.payments, 1)
    assert.deepEqual(money.week, takings(weekMs))
    assert.deepEqual(money.month, takings(monthMs))
    assert.deepEqual(money.lastMonth, takings(lastMonthMs, monthMs))
    assert.deepEqual(money.year, takings(yearMs))
    assert.equal(
      money.byDay.reduce((sum, { cents }) => sum + cents, 0),
      takings(money.byDay[0]?.dayMs ?? 0).cents,
    )
    assert.equal(money.failedToday, 1)
    const payersOf = (fromMs: number, toMs: number) =>
      new Set(
        rooms
          .rows<{ phone_number: string }>(
            'SELECT phone_number FROM payments JOIN receipts ON payment_id = payments.id WHERE arrived_at_ms >= ? AND arrived_at_ms < ?',
            fromMs,
            toMs,
          )
          .map(({ phone_number }) => phone_number),
      )
    const [these, last] = [payersOf(monthMs, Number.MAX_SAFE_INTEGER), payersOf(lastMonthMs, monthMs)]
    assert.deepEqual(money.payers, {
      month: these.size,
      lastMonth: last.size,
      both: [...these].filter((phone) => last.has(phone)).length,
    })
    assert.ok(money.payers.both > 0 && money.payers.both < money.payers.lastMonth)

    assert.equal(access.sessionsOpen, count('SELECT count(*) FROM sessions WHERE stopped_at_ms IS NULL'))
    assert.deepEqual(access.online, { hotspot: 1, pppoe: 0 })
    assert.equal(
      access.grantsRunning,
      count('SELECT count(*) FROM grants WHERE ended_at_ms IS NULL AND expires_at_ms > ?', rooms.clock.nowMs()),
    )
    assert.deepEqual(access.subscriptions, { active: 1 })
    assert.equal(access.customers, 1)
    assert.deepEqual(access.bytesToday, { up: 10, down: 20 })
    assert.deepEqual(rest.routers, { pending: 1 })
    assert.deepEqual(rest.vouchers, { unused: 4, redeemed: 1 })
    assert.equal(rest.recent.length, 10)
    assert.equal(rest.recent[0]?.seq, count('SELECT max(seq) FROM journal'))

    for (const online of [true, false, true]) {
      const check = online
        ? { online, uptimeSeconds: 1, version: null, model: null }
        : { online, isAway: true, reason: 'it does not answer' }
      rooms.run(noteCheck, { routerId: rooms.addRouter(), interimIntervalSeconds: 300, check })
    }
    const now = { timeZone: ZONE, currency: 'KES', nowMs: rooms.clock.nowMs(), backlog: 7 }
    assert.deepEqual(siteSummary(rooms.reader, now), {
      sessions_open: 1,
      routers: { up: 2, down: 1 },
      queue_depth: count("SELECT count(*) FROM jobs WHERE state = 'ready'"),
      backlog: 7,
      currency: 'KES',
      revenue_today_cents: PRICE_CENTS,
      payments_today: 1,
    })
  })

  it('counts as running what lets its holder in, also while its clock stands still as nobody is online', () => {
    const running = () => read().access.grantsRunning
    openStay(rooms, { macAddress: '02:00:00:00:00:99' })
    const stay = openStay(rooms, { pausesOffline: true, pausable: true })
    stay.account({ status: 'start' })
    rooms.clock.step(HOUR_MS / 2)
    stay.account({ status: 'stop', sessionSeconds: 1800 })
    rooms.clock.step(HOUR_MS)
    assert.equal(stay.ask().outcome, 'accept')
    assert.equal(running(), 1)
    rooms.run(pauseGrant, { grantId: stay.grantId, byOperator: true })
    assert.equal(stay.ask().outcome, 'reject')
    assert.equal(running(), 0)
    rooms.run(continueGrant, { grantId: stay.grantId, byOperator: true })
    stay.account({ status: 'start', acctSessionId: '80000002' })
    stay.account({ status: 'stop', acctSessionId: '80000002' })
    assert.equal(running(), 1)
    rooms.run(revokeGrant, { grantId: stay.grantId })
    assert.equal(running(), 0)
    const calendar = siteCalendar(ZONE, rooms.clock.nowMs())
    const plans = plansOf(rooms.db, (db) => accessFigures(db, calendar, rooms.clock.nowMs()))
    assert.deepEqual(
      plans.filter((step) => step.startsWith('SCAN grants')),
      ['SCAN grants USING INDEX grants_kept'],
      'only what is paused and not over is looked at',
    )
  })

  it('reads no whole table of what grows with the trade', () => {
    const plans = plansOf(rooms.db, (db) => readDashboard(db, ZONE, rooms.clock.nowMs()))
    // What is open or kept now, people, and what is kept short.
    const short = [
      ...['CONSTANT ROW', 'now', 'routers', 'voucher_batches', 'voucher_counts', 'grants USING INDEX grants_kept'],
      ...['sessions USING INDEX sessions_open_by_update', 'customers', 'subscriptions', 'failed_jobs'],
    ]
    const scans = plans.filter((step) => step.startsWith('SCAN'))
    assert.ok(scans.length > 0)
    const long = scans.filter((step) => !short.some((what) => step.startsWith(`SCAN ${what}`)))
    assert.deepEqual(long, [])
    // One value of very few is as good as the whole table.
    assert.ok(!plans.some((step) => step.includes('(source=?)')))
  })

  it('counts a voucher where it stands, whatever becomes of it', () => {
    const input = { packageId: rooms.addPackage(), count: 4, prefix: '', expiresAtMs: null, note: '' }
    const batch = rooms.run(createVouchers, input)
    assert.ok(batch.outcome === 'created')
    const [first = '', second = ''] = batch.codes
    rooms.run(redeemVoucher, { code: first, macAddress: null })
    rooms.run(revokeVouchers, { code: second })
    assert.deepEqual(read().vouchers, { unused: 2, redeemed: 1 })
    rooms.run(revokeVouchers, { batchId: batch.batchId })
    assert.deepEqual(read().vouchers, { unused: 0, redeemed: 1 })
    rooms.db.exec('PRAGMA foreign_keys = OFF; DELETE FROM vouchers')
    assert.deepEqual(read().vouchers, { unused: 0, redeemed: 0 })
  })

  it('takes the amount that M-PESA’s own number brings later', () => {
    const purchase = openPurchase(rooms, { packageId: rooms.addPackage() }).prompted()
    purchase.queryPaid()
    assert.deepEqual(read().money.today, { cents: PRICE_CENTS, payments: 1 })
    rooms.clock.step(HOUR_MS)
    purchase.paid({ amountCents: 400 })
    assert.deepEqual(read().money.today, { cents: 400, payments: 1 })
    assert.equal(rooms.value('SELECT sum(amount_cents) FROM receipts'), 400)
  })

  it('is all zeros at a site where nothing has happened yet', () => {
    const { money, access, recent } = read()
    assert.deepEqual(money.today, { cents: 0, payments: 0 })
    assert.deepEqual(money.payers, { month: 0, lastMonth: 0, both: 0 })
    assert.deepEqual(access.subscriptions, {})
    assert.deepEqual(recent, [])
  })

  it('is told to live views twice a minute, and is not kept', async () => {
    await runJob(rooms, 'update-dashboard-stats')
    const [again] = rooms.jobs('update-dashboard-stats')
    assert.equal(again?.run_at_ms, rooms.clock.nowMs() + 30_000)
    await runJob(rooms, 'update-dashboard-stats', JSON.parse(again?.payload ?? '{}'))
    assert.deepEqual(
      rooms.live().map(({ type }) => type),
      ['dashboard.stats_updated', 'dashboard.stats_updated'],
    )
    assert.equal(rooms.facts().length, 0)
    assert.equal(rooms.jobs('update-dashboard-stats').length, 1)
  })
})
