import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from './site.ts'

describe('a subscriber', () => {
  let site: Site
  let packageId: number
  before(async () => {
    site = await openSite()
    const sold = await site.call('POST', '/api/packages', {
      ...{ name: 'Month', price_cents: 150_000, duration_seconds: 30 * 86_400, grace_days: 2 },
    })
    packageId = sold.body.id
  })
  after(() => site.close())

  const subscribe = async (phoneNumber: string, change: object = {}) =>
    (
      await site.call('POST', '/api/subscriptions', {
        customer: { phone_number: phoneNumber, name: 'Amina' },
        package_id: packageId,
        ...change,
      })
    ).body
  const daysFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()

  it('is let in while paid, put off when suspended, let in again when resumed', async () => {
    const phone = site.join()
    const made = await subscribe(phone.phoneNumber, { paid_until: daysFromNow(10), username: 'amina.home' })
    assert.equal(made.state, 'active')
    const login = { username: made.username, password: made.password }
    assert.equal(login.username, 'amina.home')
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, true)
    await site.router.whenOnline(phone.macAddress)

    const suspended = await site.call('POST', `/api/subscriptions/${made.id}/suspend`)
    assert.equal(suspended.body.state, 'suspended')
    await site.router.whenOffline(phone.macAddress)
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, false)
    // The router is told to forget the phone, too: a login under way in that moment would be refused.
    while (!site.router.commands.some(([path]) => path === '/ip/hotspot/host/remove')) await site.call('GET', '/readyz')

    const resumed = await site.call('POST', `/api/subscriptions/${made.id}/resume`, { reason: 'back from holiday' })
    assert.equal(resumed.body.state, 'active')
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, true)
  })

  it('pays by phone, and is brought back with the user name and password of before', async () => {
    const phone = site.join()
    const made = await subscribe(phone.phoneNumber)
    assert.equal(made.state, 'disconnected')
    const login = { username: made.username, password: made.password }
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, false)
    const bought = await site.call(
      'POST',
      '/api/payments/stk',
      { phone_number: phone.phoneNumber, package_id: packageId, account_number: made.account_number },
      null,
    )
    assert.equal(bought.status, 202)
    const events = await site.events()
    const renewed = await events.when(
      ({ type, data }) => type === 'subscription.renewed' && data.subscription_id === made.id,
    )
    assert.equal(renewed.data.payment_id, bought.body.payment_id)
    assert.match(String(renewed.data.paid_until), /^\d{4}-/)
    const view = await site.call('GET', bought.body.status_url, undefined, null)
    assert.equal(view.body.status, 'fulfilled')
    assert.equal(view.body.access.username, made.username)
    assert.equal((await site.router.logInByForm(phone.macAddress, login)).ok, true)
  })

  it('is not given away: who pays for somebody else sees no password', async () => {
    const made = await subscribe('254711000001')
    const bought = await site.call(
      'POST',
      '/api/payments/stk',
      { phone_number: '254711000002', package_id: packageId, account_number: made.account_number },
      null,
    )
    const events = await site.events()
    await events.when(({ type, data }) => type === 'subscription.renewed' && data.subscription_id === made.id)
    const view = await site.call('GET', bought.body.status_url, undefined, null)
    assert.equal(view.body.status, 'fulfilled')
    assert.equal(view.body.access, null)
  })

  it('is managed at the desk, and all of it is in the audit', async () => {
    const made = await subscribe('254711000003', { paid_until: daysFromNow(1) })
    const extended = await site.call('POST', `/api/subscriptions/${made.id}/extend`, { days: 5, reason: 'outage' })
    assert.equal(Date.parse(extended.body.paid_until) - Date.parse(made.paid_until), 5 * 86_400_000)
    assert.equal((await site.call('POST', `/api/subscriptions/${made.id}/cancel`)).body.state, 'cancelled')
    assert.equal((await site.call('POST', `/api/subscriptions/${made.id}/resume`)).body.code, 'subscription-cancelled')
    const audit = await site.call('GET', '/api/audit')
    const actions = audit.body.items
      .filter(({ subject }: { subject: string }) => subject.includes(made.id))
      .map(({ action }: { action: string }) => action)
    assert.deepEqual(actions, ['subscription.cancel', 'subscription.extend', 'subscription.create'])
    const { body } = await site.call('GET', `/api/subscriptions/${made.id}`)
    assert.deepEqual(
      body.history.map(({ event }: { event: string }) => event),
      ['time_added', 'time_added', 'cancelled'],
    )
    const list = await site.call('GET', '/api/subscriptions?state=cancelled&limit=1')
    assert.equal(list.body.items[0].id, made.id)
  })

  it('is refused what cannot be', async () => {
    const refused = async (path: string, body: object) => (await site.call('POST', path, body)).body.code
    const customer = { phone_number: '254711000004' }
    assert.equal(await refused('/api/subscriptions', { customer, package_id: 999 }), 'unknown-package')
    assert.equal(
      await refused('/api/subscriptions', { customer, package_id: packageId, router_id: 99 }),
      'unknown-router',
    )
    const taken = { customer, package_id: packageId, username: 'amina.home' }
    assert.equal(await refused('/api/subscriptions', taken), 'username-taken')
    assert.equal(await refused('/api/subscriptions/nobody/suspend', {}), 'subscription-unknown')
    const made = await subscribe('254711000005')
    assert.equal(await refused(`/api/subscriptions/${made.id}/extend`, { reason: 'x' }), 'invalid-input')
    const account = { phone_number: '254711000005', package_id: packageId, account_number: '000000' }
    assert.equal(await refused('/api/payments/stk', account), 'unknown-account')
    assert.equal((await site.call('POST', '/api/customers', customer)).status, 201)
    assert.equal(await refused('/api/customers', customer), 'phone-taken')
    const customers = await site.call('GET', '/api/customers?limit=1')
    assert.equal(customers.body.items[0].phone_number, '+254711000004')
  })

  it('is counted on the dashboard, with the money that came', async () => {
    const { body } = await site.call('GET', '/api/dashboard')
    const { items } = (await site.call('GET', '/api/subscriptions?limit=200')).body
    const active = items.filter(({ state }: { state: string }) => state === 'active').length
    assert.equal(body.access.subscriptions.active, active)
    assert.equal(body.currency, 'KES')
    assert.ok(body.money.today.revenue_cents >= 150_000)
    assert.equal(body.money.by_day.length, 7)
    assert.equal(body.money.by_day.at(-1).revenue_cents, body.money.today.revenue_cents)
    assert.equal((await site.call('GET', '/api/dashboard', undefined, null)).status, 401)
  })

  it('gives WiFi to a friend: the buyer sees the code, the friend gets it by SMS', async () => {
    const friend = site.join()
    const bought = await site.call(
      'POST',
      '/api/payments/stk',
      { phone_number: '254711000006', package_id: site.packageId, voucher_for: '0722 333 444' },
      null,
    )
    const events = await site.events()
    await events.when(({ type, data }) => type === 'voucher.bought' && data.payment_id === bought.body.payment_id)
    const { voucher, access } = (await site.call('GET', bought.body.status_url, undefined, null)).body
    assert.equal(access, null)
    let message = await site.sms.whenSent(1)
    for (let count = 2; message.to !== '+254722333444'; count++) message = await site.sms.whenSent(count)
    assert.ok(message.text.includes(voucher.code))
    const redeemed = { code: voucher.code, mac_address: friend.macAddress }
    assert.equal((await site.call('POST', '/api/vouchers/redeem', redeemed, null)).status, 200)
    await site.router.whenOnline(friend.macAddress)
    const operator = await site.call('GET', `/api/payments/${bought.body.payment_id}`)
    assert.equal(operator.body.voucher, undefined)
  })
})
