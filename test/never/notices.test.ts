import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { noteOnline, noteUserCreated } from '../../src/access/grant-progress.ts'
import { openGrant } from '../../src/access/open-grant.ts'
import { openStay } from '../access/stay.ts'
import { DAY_MS, openSubscriber } from '../access/subscriber.ts'
import { openPurchase } from '../billing/purchase.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'

describe('it never happens that', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const notices = () => rooms.rows<{ kind: string; days: number }>('SELECT kind, days FROM subscription_notices')

  it('a reminder is left out because the days until the end are no whole number', async () => {
    // Whatever the hour at which the paid time ends, and although the job runs at nine.
    for (let hour = 0; hour < 24; hour++) {
      openSubscriber(rooms, {
        customer: { phoneNumber: `2547220002${String(hour).padStart(2, '0')}` },
        paidUntilMs: Date.parse('2027-01-29T00:00:00+03:00') + hour * HOUR_MS,
      })
    }
    rooms.clock.step(Date.parse('2027-01-22T09:00:00+03:00') - rooms.clock.nowMs())
    await runJob(rooms, 'send-payment-reminders')
    assert.deepEqual(new Set(notices().map(({ days }) => days)), new Set([7]))
    assert.equal(notices().length, 24)
  })

  it('the same warning of grace goes out every half hour', async () => {
    openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    rooms.clock.step(2 * DAY_MS + HOUR_MS)
    await runJob(rooms, 'check-expired-subscriptions')
    for (let run = 0; run < 10; run++) {
      await runJob(rooms, 'process-grace-period')
      rooms.clock.step(HOUR_MS / 2)
    }
    assert.deepEqual(notices(), [{ kind: 'grace', days: 2 }])
    assert.equal(rooms.jobs('send-subscription-notice').length, 1)
  })

  it('a reminder counts as sent although nothing went out', async () => {
    openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + 8 * DAY_MS })
    rooms.clock.step(DAY_MS + 2 * HOUR_MS)
    await runJob(rooms, 'send-payment-reminders')
    await runJob(
      rooms,
      'send-subscription-notice',
      { noticeId: 1 },
      { sms: { send: async () => ({ outcome: 'refused', code: '406', detail: 'blacklist' }) } },
    )
    assert.equal(rooms.facts('subscription.reminder_sent').length, 0)
    assert.equal(rooms.value('SELECT state FROM messages'), 'failed')
  })

  it('a power cut after a commit loses the work that follows: it is in the commit', () => {
    const stay = openStay(rooms, { phoneNumber: '254712345678' })
    assert.equal(rooms.jobs('create-hotspot-user').length, 1)
    rooms.restart()
    assert.equal(rooms.jobs('create-hotspot-user').length, 1)
    rooms.run(noteUserCreated, { grantId: stay.grantId })
    rooms.restart()
    assert.equal(rooms.jobs('send-credentials-sms').length, 1)
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    rooms.restart()
    assert.equal(rooms.jobs('process-payment').length, 1)
  })

  it('somebody is put off the network before it is written down that the time is over', async () => {
    const stay = openStay(rooms)
    rooms.run(noteOnline, { grantId: stay.grantId, routerId: stay.routerId })
    rooms.clock.step(HOUR_MS)
    await runJob(rooms, 'check-expired-sessions')
    const [ended] = rooms.facts('access.ended')
    const [kick] = rooms.jobs('disconnect-expired-sessions')
    assert.ok(ended && kick)
    assert.notEqual(stay.grant().endedAtMs, null)
    // And what was undone orders nothing.
    const jobs = rooms.jobs().length
    assert.equal(
      rooms.run(openGrant, { ...stay.order, sourceId: 'another', username: stay.grant().username }).outcome,
      'username-taken',
    )
    assert.equal(rooms.jobs().length, jobs)
  })
})
