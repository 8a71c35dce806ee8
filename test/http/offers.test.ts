import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStay } from '../access/stay.ts'
import { visitConsole } from './console-visit.ts'
import { openDesk } from './desk.ts'

const MAC = 'AA:BB:CC:DD:EE:FF'
const keys = ['CONSUMER_KEY', 'CONSUMER_SECRET', 'SHORTCODE', 'PASSKEY', 'CALLBACK_BASE_URL']
const NO_MPESA = Object.fromEntries(keys.map((key) => [`MLANGO_MPESA_${key}`, undefined]))

function setup(t: Parameters<typeof openDesk>[0], environment = {}) {
  const desk = openDesk(t, environment)
  const packageId = desk.rooms.addPackage({ name: 'Try us', priceCents: 0, durationSeconds: 900 })
  const get = (change: object = {}, headers: Record<string, string> = {}) =>
    desk.ask(
      null,
      'POST',
      '/api/payments/stk',
      { phone_number: '0712345678', package_id: packageId, mac_address: MAC, ...change },
      { headers },
    )
  return { ...desk, packageId, get }
}

test('a free package is given at once, and followed like a payment of nothing', async (t) => {
  const { get, ask } = setup(t)
  const { status, body } = await get()
  assert.equal(status, 202)
  assert.equal(body.status, 'paid')
  const seen = (await ask(null, 'GET', body.status_url)).body
  assert.equal(seen.amount_cents, 0)
  assert.equal(seen.status, 'paid')
  assert.ok(seen.access.username.length > 0)
  assert.equal((await ask(null, 'GET', `/api/payments/${body.payment_id}?token=x`)).status, 404)
  assert.equal((await ask('viewer', 'GET', `/api/payments/${body.payment_id}`)).body.access.password, undefined)
})

test('a second try is refused in words: 409 trial-used, whichever way the number or the device is written', async (t) => {
  const { get } = setup(t)
  const key = { 'Idempotency-Key': 'first' }
  const first = await get({}, key)
  assert.equal((await get({}, key)).body.payment_id, first.body.payment_id)
  for (const change of [
    { phone_number: '+254 712 345 678', mac_address: '02-00-00-00-00-02' },
    { phone_number: '0700000001', mac_address: 'aabbccddeeff' },
  ]) {
    const { status, body } = await get(change)
    assert.deepEqual([status, body.code], [409, 'trial-used'])
    assert.match(body.detail, /already had this free package/)
  }
  const nameless = await get({ mac_address: undefined, phone_number: '0700000002' })
  assert.deepEqual([nameless.status, nameless.body.code], [422, 'trial-needs-device'])
})

test('a trial’s code moves to no other device: 409 resume-other-device, and words of its own in the portal', async (t) => {
  const { get, ask } = setup(t)
  const { body } = await get()
  const code = (await ask(null, 'GET', body.status_url)).body.access.username
  const moved = await ask(null, 'POST', '/api/access/resume', { code, mac_address: '02:00:00:00:00:02' })
  assert.deepEqual([moved.status, moved.body.code], [409, 'resume-other-device'])
  const page = await ask(null, 'POST', '/code', `code=${code}&mac=02:00:00:00:00:02&l=sw`, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  assert.match(page.text, /ya bure ni ya kifaa kilichoiomba/)
})

test('a device with access that runs is given no trial in its place: 409 trial-while-online', async (t) => {
  const { get, ask, rooms } = setup(t)
  const key = { 'Idempotency-Key': 'first-time' }
  const { grant } = openStay(rooms, { macAddress: MAC })
  const refused = await get()
  assert.deepEqual([refused.status, refused.body.code], [409, 'trial-while-online'])
  assert.match(refused.body.detail, /This device has access that still runs/)
  assert.equal(rooms.value('SELECT count(*) FROM trials'), 0)
  rooms.clock.step(grant().expiresAtMs - rooms.clock.nowMs() + 1)
  const given = await get({}, key)
  assert.equal(given.status, 202)
  assert.equal((await get({}, key)).body.payment_id, given.body.payment_id)
  assert.equal((await ask('viewer', 'GET', '/api/grants')).body.items.length, 2)
})

test('a free package needs no M-PESA account; the portal gives it by one tap where nothing can be sold', async (t) => {
  const { ask, packageId } = setup(t, NO_MPESA)
  for (const [language, word] of Object.entries({ en: 'Free', sw: 'Bure' })) {
    const home = await ask(null, 'GET', `/?l=${language}`)
    assert.match(home.text, new RegExp(`name="package" value="${packageId}"[\\s\\S]*<i>${word}</i>`))
  }
  const pay = (phone: string) =>
    ask(null, 'POST', '/pay', `phone=${phone}&package=${packageId}&mac=${MAC}&key=abcdefgh`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  const given = await pay('0712345678')
  assert.equal(given.status, 303)
  const page = await ask(null, 'GET', given.headers.get('location') ?? '')
  assert.equal(page.status, 200)
  assert.ok(!/KSh|Payment received|M-PESA code/.test(page.text))
  const refused = await pay('0700000001')
  assert.equal(refused.status, 422)
  assert.match(refused.text, /already had this free package/)
})

test('hours of sale are set, shown, changed and cleared; customers see the package only within them', async (t) => {
  const { ask, rooms } = setup(t)
  const sale_hours = { days: ['fri'], from: '10:00', until: '12:00' }
  const asked = { name: 'Happy hour', price_cents: 500, duration_seconds: 3600, sale_hours }
  const { status, body } = await ask('admin', 'POST', '/api/packages', asked)
  assert.equal(status, 201)
  assert.deepEqual(body.sale_hours, sale_hours)
  const shown = async () => {
    const names = (await ask(null, 'GET', '/api/packages')).body.items.map(({ name }: { name: string }) => name)
    assert.equal((await ask(null, 'GET', '/')).text.includes('Happy hour'), names.includes('Happy hour'))
    return names.includes('Happy hour')
  }
  assert.equal(await shown(), true)
  rooms.clock.step(2 * 3_600_000)
  assert.equal(await shown(), false)
  const path = `/api/packages/${body.id}`
  const night = { days: ['mon', 'fri'], from: '13:00', until: '02:00' }
  assert.deepEqual((await ask('admin', 'PATCH', path, { sale_hours: night })).body.sale_hours, night)
  assert.equal(await shown(), true)
  rooms.clock.step(24 * 3_600_000)
  assert.equal(await shown(), false)
  assert.deepEqual((await ask('admin', 'PATCH', path, { price_cents: 600 })).body.sale_hours, night)
  assert.equal((await ask('admin', 'PATCH', path, { sale_hours: null })).body.sale_hours, null)
  assert.equal(await shown(), true)
  for (const wrong of [
    { ...sale_hours, until: '10:00' },
    { ...sale_hours, days: [] },
    { ...sale_hours, from: '25:00' },
  ]) {
    const refused = await ask('admin', 'PATCH', path, { sale_hours: wrong })
    assert.deepEqual([refused.status, refused.body.errors[0].field.startsWith('sale_hours')], [422, true])
  }
})

test('only a hotspot package may cost nothing', async (t) => {
  const { ask } = setup(t)
  const asked = { name: 'Home', price_cents: 0, duration_seconds: 3600, type: 'pppoe' }
  const { status, body } = await ask('admin', 'POST', '/api/packages', asked)
  assert.deepEqual([status, body.code], [422, 'only-hotspot-free'])
})

test('money that fits no package on sale has words of its own, in both languages', async (t) => {
  const { ask, rooms } = setup(t)
  rooms.db.exec(
    "INSERT INTO receipts (receipt, channel, amount_cents, arrived_at_ms) VALUES ('TKM4X7Y2ZA', 'c2b', 777700, 1)",
  )
  const claim = await ask(null, 'POST', '/api/payments/claim', { receipt: 'TKM4X7Y2ZA', mac_address: MAC })
  assert.deepEqual([claim.status, claim.body.code], [409, 'receipt-no-package'])
  const page = (language: string) =>
    ask(null, 'POST', '/code', `code=TKM4X7Y2ZA&mac=${MAC}&l=${language}`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  assert.match((await page('en')).text, /We have your money/)
  assert.match((await page('sw')).text, /Pesa yako tumeipokea/)
})

test('an admin adds a PPPoE package in the console, with what its customers are given of the router', async (t) => {
  const desk = setup(t)
  const { post } = await visitConsole(desk)
  const offer = {
    name: 'Home',
    price: '2500',
    minutes: '43200',
    type: 'pppoe',
    pool: 'homes',
    profile: '',
    list: 'paid',
  }
  assert.equal((await post('/console/packages', { ...offer, walled: 'x'.repeat(65) })).status, 422)
  assert.equal((await post('/console/packages', { ...offer, price: '0' })).status, 422)
  assert.equal((await post('/console/packages', { ...offer, walled: 'late' })).status, 303)
  const [row] = desk.rooms.rows("SELECT * FROM packages JOIN package_terms ON package_id = id WHERE name = 'Home'")
  const { type, framed_pool, router_group, address_list, grace_address_list, suspended_address_list } = row ?? {}
  assert.deepEqual([type, framed_pool, router_group, address_list], ['pppoe', 'homes', null, 'paid'])
  assert.deepEqual([grace_address_list, suspended_address_list], ['late', 'late'])
})

test('an admin adds a package with hours in the console, and takes it off sale', async (t) => {
  const desk = setup(t)
  const { rooms } = desk
  const { page, post } = await visitConsole(desk)
  const offer = { name: 'Night owl', price: '5', minutes: '120', fri: '1', from: '22:00', until: '02:00' }
  assert.equal((await post('/console/packages', { ...offer, until: '22:00' })).status, 422)
  assert.equal((await post('/console/packages', { ...offer, price: '5.5' })).status, 422)
  assert.equal((await post('/console/packages', offer)).status, 303)
  assert.match(await page('/console/packages'), /Night owl[\s\S]*fri 22:00–02:00[\s\S]*outside its hours/)
  assert.equal((await post('/console/packages', offer)).status, 422)
  assert.equal((await post('/console/packages', { ...offer, name: 'Ten hours', online: '1', days: '7' })).status, 303)
  assert.equal((await post('/console/packages', { ...offer, name: 'Long', minutes: '1441', days: '1' })).status, 422)
  assert.equal((await post('/console/packages', { ...offer, name: 'Long', days: '0' })).status, 422)
  assert.equal(rooms.value("SELECT valid_seconds FROM packages WHERE name = 'Ten hours'"), 7 * 86_400)
  assert.equal(
    rooms.value('SELECT name FROM packages JOIN package_terms ON package_id = id WHERE pauses_offline'),
    'Ten hours',
  )
  assert.equal((await page('/console/packages')).match(/\d+ online, within 7 days</g)?.length, 1)
  const id = rooms.value("SELECT id FROM packages WHERE name = 'Night owl'")
  assert.equal((await post(`/console/packages/${id}/sale`, { active: '0' })).status, 303)
  assert.equal(rooms.value('SELECT active FROM packages WHERE id = ?', id), 0)
  assert.deepEqual(
    rooms.rows("SELECT action FROM audit WHERE action LIKE 'package%'").map(({ action }) => action),
    ['package.add', 'package.add', 'package.change'],
  )
})
