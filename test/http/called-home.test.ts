import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smsDeliverySecret } from '../../src/http/sms-delivery.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

const stkResult = (ids: { merchantRequestId: string; checkoutRequestId: string }, receipt: string) => ({
  Body: {
    stkCallback: {
      MerchantRequestID: ids.merchantRequestId,
      CheckoutRequestID: ids.checkoutRequestId,
      ResultCode: 0,
      ResultDesc: 'The service request is processed successfully.',
      CallbackMetadata: {
        Item: [
          { Name: 'Amount', Value: 10 },
          { Name: 'MpesaReceiptNumber', Value: receipt },
          { Name: 'TransactionDate', Value: 20260101101010 },
          { Name: 'PhoneNumber', Value: 254712345678 },
        ],
      },
    },
  },
})

test('M-PESA’s result is stored before it is accepted, and a second one changes nothing', async (t) => {
  const { ask, rooms } = openDesk(t)
  const purchase = openPurchase(rooms).prompted()
  const call = () =>
    ask(
      null,
      'POST',
      `/api/mpesa/callback/${purchase.attempt.callbackToken}`,
      stkResult(purchase.ids, purchase.receipt),
    )
  const { status, body } = await call()
  assert.deepEqual([status, body], [200, { ResultCode: 0, ResultDesc: 'Accepted' }])
  assert.equal(purchase.state, 'PAID')
  assert.deepEqual((await call()).body, body)
  assert.equal(purchase.completions().length, 1)
  assert.equal(rooms.value('SELECT repeats FROM callback_inbox'), 1)
})

test('a callback with an unknown token is a 404; nothing is stored but a number', async (t) => {
  const { ask, rooms, everything } = openDesk(t)
  const purchase = openPurchase(rooms).prompted()
  const before = everything()
  const forged = stkResult(purchase.ids, purchase.receipt)
  const { status, body } = await ask(null, 'POST', '/api/mpesa/callback/forged', forged)
  assert.deepEqual([status, body.code], [404, 'unknown-token'])
  assert.deepEqual(everything(), before)
  const { text } = await ask('viewer', 'GET', '/metrics')
  assert.match(text, /mlango_mpesa_callbacks_total\{outcome="unknown_token"\} 1\n/)
})

for (const body of ['', 'not JSON', '[]', '{"Body":7}', '{"Body":{"stkCallback":{}}}']) {
  test(`what cannot be read (${body}) is kept for a person and accepted: M-PESA would not send it again`, async (t) => {
    const { ask, rooms } = openDesk(t)
    const purchase = openPurchase(rooms).prompted()
    const { status } = await ask(null, 'POST', `/api/mpesa/callback/${purchase.attempt.callbackToken}`, body)
    assert.equal(status, 200)
    assert.equal(purchase.state, 'PROMPTED')
    assert.equal(rooms.value('SELECT body FROM callback_inbox'), body)
  })
}

test('an address that is not on the list is believed by its token, counted and logged', async (t) => {
  const { ask, rooms, logLines } = openDesk(t, { MLANGO_MPESA_CALLBACK_IP_ALLOW: '196.201.214.200' })
  const purchase = openPurchase(rooms).prompted()
  const path = `/api/mpesa/callback/${purchase.attempt.callbackToken}`
  const result = stkResult(purchase.ids, purchase.receipt)
  assert.equal((await ask(null, 'POST', path, result, { from: '10.0.0.9' })).status, 200)
  assert.ok(logLines.some((line) => line.includes('10.0.0.9')))
  assert.match((await ask('viewer', 'GET', '/metrics')).text, /outcome="unlisted_address"\} 1\n/)
})

test('a proxy is believed about who calls only when it is listed', async (t) => {
  const headers = { 'X-Forwarded-For': '9.9.9.9, 196.201.214.200' }
  for (const [proxies, seen] of [
    ['127.0.0.1', '196.201.214.200'],
    ['10.1.1.1', '127.0.0.1'],
  ] as const) {
    const { ask, rooms } = openDesk(t, { MLANGO_HTTP_TRUSTED_PROXIES: proxies })
    const purchase = openPurchase(rooms).prompted()
    const path = `/api/mpesa/callback/${purchase.attempt.callbackToken}`
    await ask(null, 'POST', path, stkResult(purchase.ids, purchase.receipt), { headers, from: '::ffff:127.0.0.1' })
    assert.equal(rooms.value('SELECT source_address FROM callback_inbox'), seen)
  }
})

async function register(desk: ReturnType<typeof openDesk>, change: object = {}) {
  const { body } = await desk.ask('admin', 'POST', '/api/routers', { name: `Tower ${Math.random()}`, ...change })
  const [, token] = /adopt\/([\w-]+)/.exec(body.connectivity_script) ?? []
  const home = (form: string, from = '192.168.88.1') =>
    desk.ask(null, 'POST', `/api/routers/adopt/${token}`, form, { headers: FORM, from })
  return { id: body.id as number, home }
}

test('a router that ran its script calls home once', async (t) => {
  const desk = openDesk(t)
  const { id, home } = await register(desk)
  const { status } = await home('version=7.16.1&model=hEX&serial=ABC&failed=')
  assert.equal(status, 200)
  const { body } = await desk.ask('viewer', 'GET', `/api/routers/${id}`)
  assert.deepEqual([body.status, body.address, body.version, body.model], ['adopted', '192.168.88.1', '7.16.1', 'hEX'])
  const again = await home('version=7.16.1')
  assert.deepEqual([again.status, again.body.code], [410, 'adoption-gone'])
  assert.equal(desk.rooms.facts('router.connected').length, 1)
})

test('a script of an hour ago, of an older print or of nobody is gone', async (t) => {
  const desk = openDesk(t)
  const { id, home } = await register(desk)
  await desk.ask('admin', 'GET', `/api/routers/${id}/script`)
  assert.equal((await home('version=7')).status, 410)
  const late = await register(desk)
  desk.rooms.clock.step(60 * 60_000)
  assert.equal((await late.home('version=7')).status, 410)
  assert.equal((await desk.ask(null, 'POST', '/api/routers/adopt/nobody', '', { headers: FORM })).status, 410)
  assert.equal(desk.rooms.facts('router.connected').length, 0)
})

test('steps that failed on the router are told', async (t) => {
  const desk = openDesk(t)
  const { id, home } = await register(desk)
  await home('version=7.16.1&failed=radius,walled-garden')
  assert.equal((await desk.ask('viewer', 'GET', `/api/routers/${id}`)).body.status, 'failed')
  assert.deepEqual(desk.rooms.facts('router.connected')[0]?.data, {
    routerId: id,
    version: '7.16.1',
    failedSteps: ['radius', 'walled-garden'],
  })
})

test('a router that calls from another one’s address is told so, and may call again', async (t) => {
  const desk = openDesk(t)
  await register(desk, { address: '192.168.88.1' })
  const { id, home } = await register(desk)
  const { status, body } = await home('version=7', '192.168.88.1')
  assert.deepEqual([status, body.code], [409, 'address-taken'])
  assert.equal((await desk.ask('viewer', 'GET', `/api/routers/${id}`)).body.status, 'pending')
  assert.equal((await home('version=7', '192.168.88.2')).status, 200)
})

test('a delivery report needs the secret of its address', async (t) => {
  const { ask, rooms, everything } = openDesk(t)
  const before = everything()
  const report = 'id=ATXid_1&status=Success&phoneNumber=%2B254712345678'
  const { status, body } = await ask(null, 'POST', '/api/sms/delivery/guess', report, { headers: FORM })
  assert.deepEqual([status, body.code], [404, 'unknown-token'])
  for (const said of [report, '', 'status=Success', 'nonsense', '{"id":1}']) {
    const path = `/api/sms/delivery/${smsDeliverySecret(rooms.site)}`
    assert.equal((await ask(null, 'POST', path, said, { headers: FORM })).status, 204, said)
  }
  assert.deepEqual(everything(), before)
})
