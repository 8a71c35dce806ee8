import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openSite, type Site } from './site.ts'

describe('a far end is down', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  it('SMS gateway takes requests and is silent: who pays meanwhile is online, and who wants to pay is prompted at once', {
    timeout: 120_000,
  }, async () => {
    const [first, second, third, fourth] = [site.join(), site.join(), site.join(), site.join()]
    site.mpesa.scenario(third.phoneNumber, 'late')
    const prompted = site.mpesa.whenPushed(site.mpesa.pushes.length + 1)
    await site.buy(third)
    await prompted
    site.sms.silent = true
    const before = site.sms.unanswered
    for (const phone of [first, second]) {
      await site.buy(phone)
      await site.router.whenOnline(phone.macAddress)
    }
    await site.sms.whenUnanswered(before + 1)
    await site.mpesa.releaseLate()
    await site.router.whenOnline(third.macAddress)
    await site.buy(fourth)
    await site.router.whenOnline(fourth.macAddress)
    // The others' messages wait for the one that has no answer, and leave a worker to those who pay.
    assert.equal(site.sms.mostUnanswered, 1)
    site.sms.silent = false
    site.sms.hangUp()
  })

  it('router API: RADIUS lets the customer in by the code, and the router is tried again', {
    timeout: 60_000,
  }, async () => {
    const phone = site.join()
    site.router.faults.apiDown = true
    const purchase = await site.buy(phone)
    const { access } = await site.whenView(purchase, (view) => view.access !== null)
    assert.ok(access)
    assert.deepEqual(await site.router.logInByForm(phone.macAddress, access), { ok: true })
    site.router.faults.apiDown = false
    await site.whenView(purchase, ({ status, access }) => status === 'fulfilled' && access?.online === true)

    const late = site.join()
    site.router.faults.apiDown = true
    const second = await site.buy(late)
    await site.whenView(second, (view) => view.access !== null)
    site.router.faults.apiDown = false
    await site.router.whenOnline(late.macAddress, 45_000)
  })

  it('SMS gateway: the customer is online all the same, and the message goes out once it is back', {
    timeout: 60_000,
  }, async () => {
    site.sms.down = true
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    site.sms.down = false
    await sentTo(phone)
    assert.equal(site.sms.messages.filter(({ to }) => to === `+${phone.phoneNumber}`).length, 1)
    assert.ok((await site.view(purchase)).access)
  })

  it('SMS gateway swallows its answer: a delivery report settles it, and nothing is sent twice', async () => {
    const phone = site.join()
    site.sms.loseResponse = true
    await site.buy(phone)
    const message = await sentTo(phone)
    site.sms.loseResponse = false
    const events = await site.events()
    site.sms.deliveryReportUrl = `${site.url}${await deliveryPath()}`
    await site.sms.sendDeliveryReport(message.messageId, 'Success')
    await events.when(({ type }) => type === 'credentials.sent')
    assert.equal(site.sms.messages.filter(({ to }) => to === `+${phone.phoneNumber}`).length, 1)
  })

  /** Others may be written to meanwhile. */
  async function sentTo({ phoneNumber }: { phoneNumber: string }) {
    for (let count = 1; ; count += 1) {
      const message = await site.sms.whenSent(count, 45_000)
      if (message.to === `+${phoneNumber}`) return message
    }
  }

  async function deliveryPath(): Promise<string> {
    const { body } = await site.call('GET', '/api/settings')
    return new URL(body.sms_delivery_url).pathname
  }

  it('broker: nothing waits for it, and it gets everything in order when it is back', { timeout: 60_000 }, async () => {
    await site.broker.down()
    const phone = site.join()
    await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const arrived = new Map<number, string>()
    const events = await site.events()
    await events.when(({ type, data }) => type === 'credentials.sent' && data.source === 'payment')
    const lastSeq = Math.max(...events.seen.map(({ seq }) => seq))
    await site.broker.up()
    await site.broker.whenMessage(({ topic, payload }) => {
      if (topic === 'mlango/v1/test-site/events') {
        const text = payload[0] === 0x1f ? gunzipSync(payload).toString() : payload.toString()
        for (const event of JSON.parse(text).events) arrived.set(event.seq, event.type)
      }
      return arrived.has(lastSeq)
    }, 45_000)
    for (let seq = 1; seq <= lastSeq; seq++) assert.ok(arrived.has(seq), `entry ${seq} is missing`)
  })
})
