import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCENARIOS } from '../../src/simulators/mpesa-scenarios.ts'
import { PHONE, setUpMpesa } from './mpesa-house.ts'

const PAID_ONCE = { shillings: 20, count: 1 }
const NOTHING_PAID = { shillings: 0, count: 0 }

test('success: the push is accepted and one callback comes exactly as documented', async (t) => {
  const { mpesa, push, received, callbacks } = await setUpMpesa(t)
  const answer = await push()
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.body), [
    'MerchantRequestID',
    'CheckoutRequestID',
    'ResponseCode',
    'ResponseDescription',
    'CustomerMessage',
  ])
  assert.match(answer.body.CheckoutRequestID, /^ws_CO_\d{17}712345678$/)

  const sent = await mpesa.whenCallbackAnswered()
  assert.equal(sent.status, 200)
  const [post] = received
  assert.equal(post?.path, '/callback/of-this-attempt')
  const header = (name: string) => post?.rawHeaders[post.rawHeaders.indexOf(name) + 1]
  assert.equal(header('BusinessShortCode'), '174379')
  assert.equal(header('Content-Type'), 'application/json;charset=UTF-8')
  assert.match(
    post?.body ?? '',
    new RegExp(
      '^{"Body":{"stkCallback":{"MerchantRequestID":"[^"]+","CheckoutRequestID":"ws_CO_\\d+","ResultCode":0,' +
        '"ResultDesc":"The service request is processed successfully.","CallbackMetadata":{"Item":\\[' +
        '{"Name":"Amount","Value":20\\.00},{"Name":"MpesaReceiptNumber","Value":"[A-Z0-9]{10}"},{"Name":"Balance"},' +
        '{"Name":"TransactionDate","Value":\\d{14}},{"Name":"PhoneNumber","Value":254712345678}\\]}}}}$',
    ),
  )
  assert.equal(callbacks()[0].MerchantRequestID, answer.body.MerchantRequestID)
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
  const [accepted] = mpesa.pushes
  assert.deepEqual(
    [accepted?.phoneNumber, accepted?.amount, accepted?.accountReference, accepted?.checkoutRequestId],
    [PHONE, 20, 'WIFI7K3Q', answer.body.CheckoutRequestID],
  )
})

for (const [scenario, code] of [
  ['cancelled', 1032],
  ['no-answer', 1037],
  ['wrong-pin', 2001],
  ['low-balance', 1],
] as const) {
  test(`${scenario}: callback and query say ${code}, and nothing is paid`, async (t) => {
    const { mpesa, push, query, callbacks } = await setUpMpesa(t, { scenario })
    const { CheckoutRequestID: id } = (await push()).body
    await mpesa.whenCallbackAnswered()
    assert.deepEqual(callbacks()[0].ResultCode, code)
    assert.equal('CallbackMetadata' in callbacks()[0], false)
    assert.equal((await query(id)).body.ResultCode, String(code))
    assert.deepEqual(mpesa.moneyTaken(PHONE), NOTHING_PAID)
  })
}

test('late: nothing happens until the customer is let go', async (t) => {
  const { mpesa, push, callbacks } = await setUpMpesa(t, { scenario: 'late' })
  const { CheckoutRequestID: id } = (await push()).body
  await assert.rejects(mpesa.resendCallback(id), { code: 'simulator-prompt-open' })
  assert.deepEqual(mpesa.moneyTaken(PHONE), NOTHING_PAID)
  await mpesa.releaseLate()
  assert.equal(callbacks()[0].ResultCode, 0)
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
  await mpesa.releaseLate()
  assert.equal(callbacks().length, 1)
})

test('twice: the same callback comes two times for one payment', async (t) => {
  const { mpesa, push, received } = await setUpMpesa(t, { scenario: 'twice' })
  await push()
  await mpesa.whenCallbackAnswered(2)
  assert.equal(received[0]?.body, received[1]?.body)
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('before-response: the callback has been answered when the push is', async (t) => {
  const { mpesa, push } = await setUpMpesa(t, { scenario: 'before-response' })
  const { CheckoutRequestID: id } = (await push()).body
  assert.deepEqual(
    mpesa.callbacksSent.map(({ checkoutRequestId, status }) => [checkoutRequestId, status]),
    [[id, 200]],
  )
})

test('lost-response: the push breaks off, and the callback comes all the same', async (t) => {
  const { mpesa, push } = await setUpMpesa(t, { scenario: 'lost-response' })
  await assert.rejects(push(), { message: 'fetch failed' })
  const sent = await mpesa.whenCallbackAnswered()
  assert.equal(sent.checkoutRequestId, (await mpesa.whenPushed()).checkoutRequestId)
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('lost-callback: only the query tells that it is paid, until somebody sends the callback after all', async (t) => {
  const { mpesa, push, query, callbacks } = await setUpMpesa(t, { scenario: 'lost-callback' })
  const { CheckoutRequestID: id } = (await push()).body
  await mpesa.whenPaid()
  assert.equal((await query(id)).body.ResultCode, '0')
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
  assert.equal(callbacks().length, 0)
  await mpesa.resendCallback(id)
  assert.equal(callbacks()[0].ResultCode, 0)
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('wrong-amount: one shilling more is paid and reported', async (t) => {
  const { mpesa, push, callbacks } = await setUpMpesa(t, { scenario: 'wrong-amount' })
  await push()
  await mpesa.whenCallbackAnswered()
  assert.equal(callbacks()[0].CallbackMetadata.Item[0].Value, 21)
  assert.deepEqual(mpesa.moneyTaken(PHONE), { shillings: 21, count: 1 })
})

test('no-receipt: the callback says success and nothing more', async (t) => {
  const { mpesa, push, query, callbacks } = await setUpMpesa(t, { scenario: 'no-receipt' })
  const { CheckoutRequestID: id } = (await push()).body
  await mpesa.whenCallbackAnswered()
  assert.deepEqual([callbacks()[0].ResultCode, 'CallbackMetadata' in callbacks()[0]], [0, false])
  assert.equal((await query(id)).body.ResultCode, '0')
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('failure-after-success: the second callback and the query deny what was paid', async (t) => {
  const { mpesa, push, query, callbacks } = await setUpMpesa(t, { scenario: 'failure-after-success' })
  const { CheckoutRequestID: id } = (await push()).body
  await mpesa.whenCallbackAnswered(2)
  assert.deepEqual(
    callbacks().map(({ ResultCode, CheckoutRequestID }) => [ResultCode, CheckoutRequestID]),
    [
      [0, id],
      [1032, id],
    ],
  )
  assert.equal((await query(id)).body.ResultCode, '1032')
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('slow-push: the answer waits until it is let go, then the customer pays', async (t) => {
  const { mpesa, push } = await setUpMpesa(t, { scenario: 'slow-push' })
  let isAnswered = false
  const answer = push().then((response) => {
    isAnswered = true
    return response
  })
  const { checkoutRequestId } = await mpesa.whenPushed()
  assert.equal(isAnswered, false)
  mpesa.releaseSlow()
  assert.equal((await answer).body.CheckoutRequestID, checkoutRequestId)
  await mpesa.whenCallbackAnswered()
  assert.deepEqual(mpesa.moneyTaken(PHONE), PAID_ONCE)
})

test('refused, busy and html-503: the push fails in its own way and no prompt is sent', async (t) => {
  const { mpesa, push } = await setUpMpesa(t)
  mpesa.defaultScenario = 'refused'
  const refused = await push()
  assert.deepEqual([refused.status, refused.body.errorCode], [400, '400.002.02'])
  mpesa.defaultScenario = 'busy'
  const busy = await push()
  assert.deepEqual([busy.status, busy.body.errorCode], [500, '500.001.1001'])
  assert.match(busy.body.errorMessage, /^Unable to lock subscriber/)
  mpesa.defaultScenario = 'html-503'
  const html = await push()
  assert.deepEqual([html.status, html.contentType], [503, 'text/html'])
  assert.equal(mpesa.pushes.length, 0)
})

test('a phone has a scenario of its own, the others keep the usual one', async (t) => {
  const { mpesa, push } = await setUpMpesa(t)
  const other = '254110000001'
  mpesa.scenario(`+${other}`, 'cancelled')
  await push({ PhoneNumber: other, PartyA: other })
  await push()
  await mpesa.whenCallbackAnswered(2)
  assert.deepEqual(mpesa.moneyTaken(other), NOTHING_PAID)
  assert.deepEqual(mpesa.moneyTaken(), PAID_ONCE)
})

test('pushes within one millisecond have ids and receipts of their own', async (t) => {
  const clock = { nowMs: () => 1_760_000_000_000, after: (_delayMs: number, callback: () => void) => later(callback) }
  const { mpesa, push, callbacks } = await setUpMpesa(t, { clock })
  for (let attempt = 0; attempt < 3; attempt += 1) await push()
  await mpesa.whenCallbackAnswered(3)
  assert.equal(new Set(mpesa.pushes.map(({ checkoutRequestId }) => checkoutRequestId)).size, 3)
  assert.equal(new Set(callbacks().map(({ CallbackMetadata }) => CallbackMetadata.Item[1].Value)).size, 3)
})

test('every scenario has a story that people can read', () => {
  for (const { story } of Object.values(SCENARIOS)) assert.match(story, /^[a-z].{10,70}$/)
})

function later(callback: () => void): () => void {
  const immediate = setImmediate(callback)
  return () => clearImmediate(immediate)
}
