import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from './site.ts'

describe('access ends', () => {
  let site: Site
  before(async () => {
    site = await openSite({ packageSeconds: 3 })
  })
  after(() => site.close())

  it('at its time: the phone is off, and RADIUS says no', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const { access } = await site.whenView(purchase, (view) => view.access !== null)
    assert.ok(access)
    const events = await site.events()
    await site.router.whenOffline(phone.macAddress)
    await events.when(({ type, data }) => type === 'access.ended' && data.source_id === purchase.paymentId)
    const again = await site.router.logInByForm(phone.macAddress, access)
    assert.equal(again.ok, false)
    assert.match(again.ok ? '' : again.error, /time is up/i)
  })

  async function onlineForLong(): Promise<{ macAddress: string; grantId: string }> {
    const sold = await site.call('POST', '/api/packages', {
      name: `day ${Math.random()}`,
      price_cents: 100,
      duration_seconds: 86_400,
    })
    const phone = site.join()
    const batch = await site.call('POST', '/api/vouchers', { package_id: sold.body.id, count: 1 })
    await site.call('POST', '/api/vouchers/redeem', { code: batch.body.codes[0], mac_address: phone.macAddress }, null)
    await site.router.whenOnline(phone.macAddress)
    const events = await site.events()
    const started = await events.when(
      ({ type, data }) => type === 'session.started' && data.username === usernameOf(phone.macAddress),
    )
    return { macAddress: phone.macAddress, grantId: String(started.data.grant_id) }
  }

  const usernameOf = (macAddress: string) =>
    site.router.logins.find((login) => login.macAddress === macAddress)?.username

  it('when it is withdrawn: by RADIUS Disconnect', async () => {
    const { macAddress, grantId } = await onlineForLong()
    assert.equal((await site.call('DELETE', `/api/grants/${grantId}`)).status, 204)
    await site.router.whenOffline(macAddress)
    assert.equal(site.router.kicks.at(-1)?.by, 'disconnect-request')
  })

  it('when it is withdrawn and the router does not hear RADIUS: by its API', async () => {
    const { macAddress, grantId } = await onlineForLong()
    site.router.faults.disconnectDeaf = true
    await site.call('DELETE', `/api/grants/${grantId}`)
    await site.router.whenOffline(macAddress, 30_000)
    assert.equal(site.router.kicks.at(-1)?.by, 'api')
    site.router.faults.disconnectDeaf = false
  })
})
