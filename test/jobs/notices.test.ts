import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { recordDelivery } from '../../src/access/messages.ts'
import { cancelSubscription } from '../../src/access/subscription-desk.ts'
import type { Config } from '../../src/config.ts'
import { judgeClock } from '../../src/flow/time-trust.ts'
import { type SmsSimulator, startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { openSmsProvider, type SmsProvider } from '../../src/sms/sms-provider.ts'
import { DAY_MS, openSubscriber, type Subscriber } from '../access/subscriber.ts'
import { HOUR_MS, openRooms, type Rooms } from '../billing/rooms.ts'
import { runJob, runWaiting } from './run-job.ts'

describe('what a subscriber is written', () => {
  let gateway: SmsSimulator
  let sms: SmsProvider | undefined
  let rooms: Rooms
  before(async () => {
    gateway = await startSmsSimulator({ username: 'wifi', apiKey: 'the-key' })
    const settings = { provider: 'africastalking', base_url: gateway.url, username: 'wifi', api_key: 'the-key' }
    sms = openSmsProvider(settings as Config['sms'])
  })
  after(() => gateway.stop())
  beforeEach(() => {
    rooms = openRooms()
    Object.assign(gateway, { down: false, loseResponse: false, refuse: undefined })
    // 09:00 in Nairobi: the rooms open on 15 January 2027 at 11:00.
    rooms.clock.step(22 * HOUR_MS)
  })
  afterEach(() => rooms.close())

  const now = () => rooms.clock.nowMs()
  const sentSince = (before: number) => gateway.messages.slice(before).map(({ text }) => text)
  async function deliver() {
    const before = gateway.messages.length
    await runWaiting(rooms, 'send-subscription-notice', { sms })
    rooms.db.prepare("DELETE FROM jobs WHERE name = 'send-subscription-notice'").run()
    return sentSince(before)
  }
  async function remind() {
    await runJob(rooms, 'send-payment-reminders')
    return deliver()
  }
  const days = () => rooms.facts('subscription.reminder_sent').map(({ data }) => 'days' in data && data.days)
  /** Paid until 18:00 of a day so many days on. */
  const dueIn = (days: number): Subscriber =>
    openSubscriber(rooms, { paidUntilMs: now() + days * DAY_MS + 9 * HOUR_MS, package: { priceCents: 150_000 } })

  for (const job of ['send-payment-reminders', 'process-grace-period']) {
    it(`of a ${job} that is stopped is not taken for done`, async () => {
      dueIn(3)
      const stop = { signal: AbortSignal.abort(new Error('the daemon stops')) }
      await assert.rejects(runJob(rooms, job, {}, stop), /the daemon stops/)
      assert.deepEqual(rooms.jobs('send-subscription-notice'), [])
    })
  }

  it('is a reminder 7, 3, 1 and 0 days before the end, and on no other day', async () => {
    rooms.clock.step(-DAY_MS)
    dueIn(10)
    const got: number[] = []
    for (let day = 10; day >= 0; day--) {
      if ((await remind()).length > 0) got.push(day)
      rooms.clock.step(DAY_MS)
      await runJob(rooms, 'check-expired-subscriptions')
    }
    assert.deepEqual(got, [7, 3, 1, 0])
    assert.deepEqual(days(), [7, 3, 1, 0])
  })

  it('says when it ends, what to pay and for which account, in one message', async () => {
    const subscriber = dueIn(8)
    rooms.clock.step(DAY_MS)
    const [text] = await remind()
    assert.equal(
      text,
      `Cafe Amani: Your Internet is paid until Sun 24 Jan 18:00. To go on, pay KES 1500 for account ${subscriber.row.accountNumber}.`,
    )
  })

  it('comes once, however often the job runs that day', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS)
    assert.equal((await remind()).length, 1)
    rooms.clock.step(HOUR_MS)
    assert.equal((await remind()).length, 0)
    assert.equal(days().length, 1)
  })

  it('comes once although the gateway’s answer is lost, also after a restart, and is known by its report', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS)
    gateway.loseResponse = true
    assert.equal((await remind()).length, 1)
    assert.deepEqual(days(), [])
    gateway.loseResponse = false
    rooms.restart()
    rooms.clock.step(HOUR_MS)
    const notice = rooms.value('SELECT id FROM subscription_notices') as number
    const before = gateway.messages.length
    await runJob(rooms, 'send-subscription-notice', { noticeId: notice }, { sms })
    assert.deepEqual(sentSince(before), [])
    const phoneNumber = rooms.value('SELECT phone_number FROM messages') as string
    const report = { providerId: 'ATX', phoneNumber, status: 'delivered', detail: null, phoneMasked: '' } as const
    rooms.run(recordDelivery, report)
    rooms.run(recordDelivery, report)
    assert.deepEqual(days(), [7])
    assert.equal(rooms.facts('credentials.sent').length, 0)
  })

  it('waits for a gateway that is down, at no cost', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS)
    gateway.down = true
    await runJob(rooms, 'send-payment-reminders')
    const [outcome] = await runWaiting(rooms, 'send-subscription-notice', { sms })
    assert.equal(outcome?.kind, 'offline')
    gateway.down = false
    assert.equal((await deliver()).length, 1)
  })

  it('is not sent late to who has paid meanwhile, or has left', async () => {
    const paid = dueIn(8)
    const left = openSubscriber(rooms, {
      ...{ customer: { phoneNumber: '254722000002' }, paidUntilMs: now() + 8 * DAY_MS },
    })
    rooms.clock.step(DAY_MS)
    await runJob(rooms, 'send-payment-reminders')
    assert.equal(rooms.jobs('send-subscription-notice').length, 2)
    await paid.pay()
    rooms.run(cancelSubscription, { subscriptionId: left.subscriptionId, reason: 'moved' })
    assert.deepEqual(await deliver(), [])
  })

  it('that a power cut kept back is overtaken by the next, not sent beside it', async () => {
    dueIn(8)
    // Nobody was there on day 7 and 3; the box comes back two days before the end, in the evening.
    rooms.clock.step(6 * DAY_MS + 8 * HOUR_MS)
    assert.equal((await remind()).length, 1)
    assert.deepEqual(days(), [3])
    rooms.clock.step(16 * HOUR_MS)
    assert.equal((await remind()).length, 1)
    assert.deepEqual(days(), [3, 1])
  })

  it('is nothing at night, when a missed run is made up for', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS + 14 * HOUR_MS)
    assert.deepEqual(await remind(), [])
    rooms.clock.step(10 * HOUR_MS)
    assert.equal((await remind()).length, 1)
  })

  it('is nothing about time that was bought after the moment had passed', async () => {
    dueIn(5)
    assert.deepEqual(await remind(), [])
  })

  it('is a warning two days and one day before grace ends, each once in all the runs of the day', async () => {
    dueIn(1)
    rooms.clock.step(DAY_MS + 9 * HOUR_MS)
    await runJob(rooms, 'check-expired-subscriptions')
    const got: string[] = []
    // Every half hour for four days, as the job is scheduled.
    for (let run = 0; run < 4 * 48; run++) {
      await runJob(rooms, 'process-grace-period')
      got.push(...(await deliver()))
      rooms.clock.step(HOUR_MS / 2)
      await runJob(rooms, 'check-expired-sessions')
    }
    assert.equal(got.length, 2)
    for (const text of got) assert.match(text, /Your paid time is over. Your Internet ends Wed 20 Jan 18:00/)
  })

  it('is nothing while the clock is wrong, and all that is due once it is right', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS)
    const right = now()
    rooms.clock.step(-right)
    assert.deepEqual(await remind(), [])
    rooms.clock.step(right)
    assert.equal((await remind()).length, 1)
  })

  it('is sent the same day when the clock is trusted only after the moment has passed', async () => {
    dueIn(8)
    rooms.run(judgeClock, { trusted: false, reason: 'test' })
    rooms.clock.step(DAY_MS)
    assert.deepEqual(await remind(), [])
    rooms.db.prepare("DELETE FROM jobs WHERE name = 'send-payment-reminders'").run()
    rooms.clock.step(HOUR_MS / 10)
    rooms.run(judgeClock, { trusted: true, reason: 'test' })
    await runWaiting(rooms, 'send-payment-reminders')
    assert.equal((await deliver()).length, 1)
    assert.deepEqual(days(), [7])
  })

  it('comes on the day of the end, too, to whom no grace was given and whose time ended before nine', async () => {
    openSubscriber(rooms, { paidUntilMs: now() + 2 * DAY_MS - HOUR_MS, package: { graceDays: 0 } })
    const got: number[] = []
    for (let day = 2; day >= -1; day--) {
      await runJob(rooms, 'check-expired-subscriptions')
      if ((await remind()).length > 0) got.push(day)
      rooms.clock.step(DAY_MS)
    }
    assert.deepEqual(got, [1, 0])
    assert.deepEqual(days(), [1, 0])
  })

  it('is nothing where the site sends no SMS, and nothing fails', async () => {
    dueIn(8)
    rooms.clock.step(DAY_MS)
    await runJob(rooms, 'send-payment-reminders')
    const [outcome] = await runWaiting(rooms, 'send-subscription-notice', { sms: undefined })
    assert.equal(outcome?.kind, 'done')
    assert.equal(rooms.value('SELECT count(*) FROM messages'), 0)
  })
})
