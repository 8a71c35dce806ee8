import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../flows/site.ts'

describe('it never happens that', () => {
  let site: Site
  before(async () => {
    site = await openSite({ environment: { MLANGO_LOG_LEVEL: 'trace' } })
  })
  after(() => site.close())

  it('who has paid is left at the login page', async () => {
    const phone = site.join()
    await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
  })

  it('who merely knows a payment’s number sees its password', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    const { access } = await site.whenView(purchase, (view) => view.access !== null)
    assert.ok(access)
    const path = `/api/payments/${purchase.paymentId}`
    for (const query of ['', '?token=', '?token=wrong', `?token=${purchase.paymentId}`]) {
      assert.equal((await site.call('GET', path + query, undefined, null)).status, 404, query)
    }
    const operator = await site.call('GET', path)
    assert.equal(operator.status, 200)
    assert.ok(!JSON.stringify(operator.body).includes(`"password"`))
  })

  it('bad input is answered as a fault of ours, or a callback’s as trouble', async () => {
    const bad = await site.call('POST', '/api/payments/stk', { phone_number: 'nobody', package_id: 'x' }, null)
    assert.ok(bad.status === 400 || bad.status === 422, String(bad.status))
    assert.ok(bad.body.errors.length >= 2)
    const callback = await site.call('POST', `/api/mpesa/callback/${'x'.repeat(32)}`, '{', null)
    assert.equal(callback.status, 404)
  })

  it('an access token is fetched for each call to M-PESA', async () => {
    const before = site.mpesa.tokensIssued
    for (let at = 0; at < 3; at++) {
      const phone = site.join()
      await site.buy(phone)
      await site.router.whenOnline(phone.macAddress)
    }
    assert.ok(site.mpesa.tokensIssued - before <= 1)
  })

  it('a phone number, a device’s address or a password stands in the log, however much is logged', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    const { access } = await site.whenView(purchase, ({ access }) => access?.online === true)
    assert.ok(access)
    const log = JSON.stringify(site.daemon.log)
    assert.ok(log.includes('POST'), 'requests are logged at this level')
    for (const secret of [
      phone.phoneNumber,
      phone.phoneNumber.slice(3),
      phone.macAddress,
      access.password,
      site.radiusSecret,
    ]) {
      assert.ok(!log.includes(secret), `the log holds ${secret}`)
    }
  })
})
