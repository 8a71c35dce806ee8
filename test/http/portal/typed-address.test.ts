import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { deliverPayment } from '../../../src/billing/deliver.ts'
import { receiveCallback } from '../../../src/billing/payment-answers.ts'
import { recordPushAnswer, startAttempt } from '../../../src/billing/push-attempt.ts'
import { PRICE_CENTS } from '../../billing/rooms.ts'
import { openSite } from '../../flows/site.ts'
import { openDesk } from '../desk.ts'
import { open } from './browser.ts'

const ROUTER = '10.9.0.2'
const FORM = 'application/x-www-form-urlencoded'

/** A site whose router lends its customers addresses of 10.5.50.0/24; someone types the portal's address. */
function setup(t: TestContext) {
  const desk = openDesk(t)
  const { rooms, ask } = desk
  const packageId = rooms.addPackage()
  const routerId = rooms.addRouter({ address: ROUTER })
  rooms.db
    .prepare(
      `INSERT INTO router_probes (router_id, state, findings, started_at_ms, ended_at_ms) VALUES (?, 'found', ?, 1, 1)
       ON CONFLICT (router_id) DO UPDATE SET state = 'found', findings = excluded.findings, ended_at_ms = 1`,
    )
    .run(routerId, JSON.stringify({ loginHosts: ['wifi.example', '10.5.50.1'] }))
  const get = (path: string, from: string) => ask(null, 'GET', path, undefined, { from })
  const post = async (path: string, body: string, from: string) => {
    const { headers } = await ask(null, 'POST', path, body, { headers: { 'Content-Type': FORM }, from })
    return headers.get('location') ?? ''
  }
  /** Pays, and the access stands. */
  async function pay(from: string): Promise<string> {
    const shop = await get('/', from)
    assert.equal(shop.status, 200)
    assert.doesNotMatch(shop.text, /name="mac"/)
    const page = await post('/pay', `phone=0700000600&package=${packageId}`, from)
    const paymentId = String(rooms.value('SELECT id FROM payments'))
    const start = rooms.run(startAttempt, { paymentId })
    assert.ok(start.outcome === 'send')
    const ids = { merchantRequestId: 'm', checkoutRequestId: 'c' }
    rooms.run(recordPushAnswer, { attemptId: start.attemptId, answer: { outcome: 'accepted', ...ids } })
    const money = { amountCents: PRICE_CENTS, receipt: 'TYPED00001', phoneNumber: undefined, paidAtMs: undefined }
    const evidence = { kind: 'paid', ...ids, ...money } as const
    const sourceAddress = '196.201.212.69'
    rooms.run(receiveCallback, { token: start.callbackToken, body: '{}', evidence, sourceAddress })
    rooms.run(deliverPayment, { paymentId })
    return page
  }
  return { ...desk, packageId, get, post, pay }
}

test('who has typed the portal’s address logs in by the router’s own form, where all have the router’s address', async (t) => {
  const { get, pay } = setup(t)
  const { text, headers } = await get(await pay(ROUTER), ROUTER)
  assert.match(text, /<form method="post" action="http:\/\/10\.5\.50\.1\/login" data-after="\d+"/)
  assert.match(headers.get('content-security-policy') ?? '', /form-action 'self' http:\/\/10\.5\.50\.1 /)
  assert.match(text, /Connecting you/)
})

test('and is looked for by the address it has, where each has its own', async (t) => {
  const { get, pay, rooms } = setup(t)
  const { text } = await get(await pay('10.5.50.7'), '10.5.50.7')
  assert.doesNotMatch(text, /\/login"/)
  assert.match(text, /Connecting you/)
  assert.equal(rooms.value('SELECT device_at FROM grants'), '10.5.50.7')
})

test('a code that is typed there logs in the device on which it was typed, and no other that opens the page', async (t) => {
  const { get, post, ask, packageId } = setup(t)
  const batch = await ask('cashier', 'POST', '/api/vouchers', { package_id: packageId, count: 1 })
  const page = await post('/code', `code=${batch.body.codes[0]}`, ROUTER)
  assert.match((await get(page, ROUTER)).text, /action="http:\/\/10\.5\.50\.1\/login"/)
  assert.doesNotMatch((await get(page.replace(/&asked=\d+/, ''), ROUTER)).text, /\/login"/)
})

test('a phone that is captured, types the portal’s address and pays is online without another word', {
  timeout: 60_000,
}, async (t) => {
  const site = await openSite({ environment: { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' } })
  t.after(() => site.close())
  const { macAddress, ipAddress } = site.router.join(site.join().macAddress)
  const waiting = await (await open(`${site.url}/`, {}, ipAddress)).press('Pay KSh 10', { phone: '0700000400' })
  await site.router.whenOnline(macAddress)
  await site.router.sendInterim(macAddress)
  assert.match((await open(waiting.url, {}, ipAddress)).text, /You are online/)
})
