import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { PHONE, setUpMpesa } from './mpesa-house.ts'

test('a token is asked for with the right key, lasts an hour and dies when the next one is issued', async (t) => {
  let nowMs = Date.parse('2026-01-02T00:00:00Z')
  const { mpesa, askToken, push } = await setUpMpesa(t, { clock: { ...systemClock, nowMs: () => nowMs } })

  const first = await askToken()
  assert.equal(first.status, 200)
  assert.equal(first.body.access_token.length, 28)
  assert.equal(first.body.expires_in, '3599')
  const second = await askToken()
  assert.equal(mpesa.tokensIssued, 2)

  const withToken = (answer: typeof first) => ({ Authorization: `Bearer ${answer.body.access_token}` })
  assert.equal((await push({}, withToken(first))).body.errorCode, '404.001.03')
  assert.equal((await push({}, withToken(second))).status, 200)
  nowMs += 3_600_000
  assert.equal((await push({}, withToken(second))).body.errorCode, '404.001.03')
  const third = await askToken()
  mpesa.revokeToken()
  const refused = await push({}, withToken(third))
  assert.deepEqual([refused.status, refused.body.errorCode], [404, '404.001.03'])
  assert.match(refused.body.requestId, /./)

  assert.equal((await askToken('grant_type=password')).body.errorCode, '400.008.02')
  assert.equal((await askToken(undefined, 'key:wrong')).body.errorCode, '400.008.01')
})

test('a wrong path, method or missing header is told apart', async (t) => {
  const { mpesa } = await setUpMpesa(t)
  const codeOf = async (path: string, method: string) => {
    const response = await fetch(mpesa.url + path, { method })
    const { errorCode } = JSON.parse(await response.text())
    return errorCode
  }
  assert.equal(await codeOf('/mpesa/stkpush/v9', 'POST'), '404.001.01')
  assert.equal(await codeOf('/mpesa/stkpush/v1/processrequest', 'GET'), '404.001.04')
  assert.equal(await codeOf('/mpesa/stkpush/v1/processrequest', 'POST'), '404.001.04')
  assert.equal(await codeOf('/mpesa/stkpush/v1/processrequest', 'PUT'), '405.001')
})

const WRONG_FIELDS: [string, object, string][] = [
  ['half a shilling', { Amount: 20.5 }, 'Amount'],
  ['nothing', { Amount: 0 }, 'Amount'],
  ['more than the limit', { Amount: 250_001 }, 'Amount'],
  ['an amount that is not a number', { Amount: true }, 'Amount'],
  ['a phone number with a plus', { PhoneNumber: '+254712345678' }, 'PhoneNumber'],
  ['a foreign phone number', { PartyA: '255712345678' }, 'PartyA'],
  ['a local phone number', { PhoneNumber: '0712345678' }, 'PhoneNumber'],
  ['a long reference', { AccountReference: 'A234567890123' }, 'AccountReference'],
  ['a reference with signs', { AccountReference: 'wifi#1' }, 'AccountReference'],
  ['no reference', { AccountReference: '' }, 'AccountReference'],
  ['a long description', { TransactionDesc: 'Internet for 1h' }, 'TransactionDesc'],
  ['no callback address', { CallBackURL: undefined }, 'CallBackURL'],
  ['a callback address that is none', { CallBackURL: 'here' }, 'CallBackURL'],
  ['a host in upper case', { CallBackURL: 'https://Shop.example.com/x' }, 'CallBackURL'],
  ['a short timestamp', { Timestamp: '202601020304' }, 'Timestamp'],
  ['a timestamp that is no moment', { Timestamp: '20261302030405' }, 'Timestamp'],
  ['a transaction type with a space behind it', { TransactionType: 'CustomerPayBillOnline ' }, 'TransactionType'],
]

for (const [what, changes, field] of WRONG_FIELDS) {
  test(`a push with ${what} is refused`, async (t) => {
    const { mpesa, push } = await setUpMpesa(t)
    const { status, body } = await push(changes)
    assert.deepEqual([status, body.errorCode, body.errorMessage], [400, '400.002.02', `Bad Request - Invalid ${field}`])
    assert.equal(mpesa.pushes.length, 0)
    assert.deepEqual(mpesa.moneyTaken(), { shillings: 0, count: 0 })
  })
}

test('a push is refused for a foreign shop, a wrong password, another content type and broken JSON', async (t) => {
  const { post, push } = await setUpMpesa(t)
  const merchant = await push({ BusinessShortCode: '600000' })
  assert.deepEqual([merchant.status, merchant.body.errorMessage], [500, 'Merchant does not exist'])
  const password = await push({ Timestamp: '20260102030406' })
  assert.deepEqual([password.body.errorCode, password.body.errorMessage], ['500.001.1001', 'Wrong credentials'])
  const form = await push({}, { 'Content-Type': 'text/plain' })
  assert.equal(form.body.errorMessage, 'Bad Request - Invalid BusinessShortCode')
  for (const broken of ['{"Amount":', '[]', 'null']) {
    assert.equal((await post('/mpesa/stkpush/v1/processrequest', broken)).body.errorCode, '400.002.05')
  }
})

test('a paybill that is asked to sell as a till gets its answer only in the callback', async (t) => {
  const { mpesa, push, callbacks } = await setUpMpesa(t)
  assert.equal((await push({ TransactionType: 'CustomerBuyGoodsOnline' })).body.ResponseCode, '0')
  await mpesa.whenCallbackAnswered()
  assert.equal(callbacks()[0].ResultCode, 2028)
  assert.equal(mpesa.moneyTaken().count, 0)
})

test('a till is paid with Buy Goods to its own number', async (t) => {
  const { mpesa, push } = await setUpMpesa(t, { till: '5551234' })
  await push({ TransactionType: 'CustomerBuyGoodsOnline', PartyB: '5551234' })
  await mpesa.whenCallbackAnswered()
  assert.deepEqual(mpesa.moneyTaken(PHONE), { shillings: 20, count: 1 })
})

test('a prompt that is open is pending in the shape that was chosen, an ended one has a code in words', async (t) => {
  const { mpesa, push, query } = await setUpMpesa(t, { scenario: 'late' })
  const { CheckoutRequestID: id, MerchantRequestID: merchantId } = (await push()).body

  const pending = await query(id)
  assert.deepEqual([pending.status, pending.body.ResponseCode, pending.body.ResultCode], [200, '0', '4999'])
  mpesa.pendingAnswer = 'being-processed'
  const processed = await query(id)
  assert.deepEqual([processed.status, processed.body.errorCode], [500, '500.001.1001'])
  mpesa.pendingAnswer = 'wordless'
  const wordless = await query(id)
  assert.deepEqual([wordless.status, wordless.body.errorCode, wordless.body.errorMessage], [200, '500.001.1001', ''])

  await mpesa.releaseLate()
  const paid = await query(id)
  assert.equal(paid.status, 200)
  assert.deepEqual(
    [paid.body.ResponseCode, paid.body.ResultCode, paid.body.CheckoutRequestID, paid.body.MerchantRequestID],
    ['0', '0', id, merchantId],
  )
  assert.equal((await query('ws_CO_unknown')).body.errorMessage, 'The transaction does not Exist')
  assert.equal((await query('')).body.errorMessage, 'Bad Request - Invalid CheckoutRequestID')
  assert.deepEqual(
    mpesa.queries.map(({ checkoutRequestId }) => checkoutRequestId),
    [id, id, id, id, 'ws_CO_unknown'],
  )
})

test('a query that comes too early or too fast is not answered', async (t) => {
  let nowMs = Date.parse('2026-01-02T00:00:00Z')
  const clock = { ...systemClock, nowMs: () => nowMs }
  const { push, query } = await setUpMpesa(t, { clock, queryReadyMs: 5_000, queryIntervalMs: 12_000, scenario: 'late' })
  const { CheckoutRequestID: id } = (await push()).body

  nowMs += 4_999
  assert.equal((await query(id)).body.errorCode, '400.002.02')
  nowMs += 11_999
  const fast = await query(id)
  assert.equal(fast.status, 429)
  assert.equal(fast.body.fault.detail.errorcode, 'policies.ratelimit.SpikeArrestViolation')
  nowMs += 1
  assert.equal((await query(id)).body.ResultCode, '4999')
})

test('a callback can be sent again as it was, and by hand with anything in it, and neither moves money', async (t) => {
  const { mpesa, push, callbacks, received } = await setUpMpesa(t)
  const { CheckoutRequestID: id } = (await push()).body
  await mpesa.whenCallbackAnswered()

  assert.equal((await mpesa.resendCallback(id)).status, 200)
  assert.equal(received[1]?.body, received[0]?.body)

  await mpesa.deliver(id, { amount: 1, receipt: 'FORGED0001' })
  assert.deepEqual(
    callbacks()[2]
      .CallbackMetadata.Item.slice(0, 2)
      .map(({ Value }: { Value: unknown }) => Value),
    [1, 'FORGED0001'],
  )
  await mpesa.deliver(id, { resultCode: 1032 })
  assert.deepEqual([callbacks()[3].ResultCode, callbacks()[3].CallbackMetadata], [1032, undefined])
  assert.deepEqual(mpesa.moneyTaken(`+${PHONE}`), { shillings: 20, count: 1 })

  await assert.rejects(mpesa.deliver('ws_CO_unknown'), { code: 'simulator-unknown-prompt' })
})

test('a callback that finds nobody at home is not sent again', async (t) => {
  const { mpesa, push } = await setUpMpesa(t)
  await push({ CallBackURL: 'http://127.0.0.1:9/nobody' })
  const sent = await mpesa.whenCallbackSent()
  assert.equal(sent.status, null)
  assert.match(sent.failure ?? '', /ECONNREFUSED/)
  await assert.rejects(mpesa.whenCallbackAnswered(1, 20), { code: 'simulator-wait-timeout' })
  assert.equal(mpesa.callbacksSent.length, 1)
})

test('while M-PESA is down everything gets a page of HTML', async (t) => {
  const { mpesa, askToken, push } = await setUpMpesa(t)
  await push()
  mpesa.down = true
  for (const answer of [await askToken(), await push()]) {
    assert.equal(answer.status, 503)
    assert.match(answer.text, /^<html>/)
  }
  mpesa.down = false
  assert.equal((await push()).status, 200)
})

test('whoever waits is told when it took too long or the simulator stopped', async (t) => {
  const { mpesa, push } = await setUpMpesa(t)
  await push()
  await assert.rejects(mpesa.whenPushed(2, 20), { message: 'waited 20 ms in vain for pushes; 1 came in all' })
  const waiting = assert.rejects(mpesa.whenPushed(2), { code: 'simulator-stopped' })
  await mpesa.stop()
  await waiting
  await mpesa.stop()
  await assert.rejects(fetch(mpesa.url))
})
