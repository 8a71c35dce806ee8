import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEvidence } from '../../src/mpesa/evidence.ts'

const items = [
  { Name: 'Amount', Value: 1 },
  { Name: 'MpesaReceiptNumber', Value: 'NLJ7RT61SV' },
  { Name: 'Balance' },
  { Name: 'TransactionDate', Value: 20191219102115 },
  { Name: 'PhoneNumber', Value: 254708374149 },
]
const callback = (changes: object = {}) =>
  JSON.stringify({
    Body: {
      stkCallback: {
        MerchantRequestID: '29115-34620561-1',
        CheckoutRequestID: 'ws_CO_191220191020363925',
        ResultCode: 0,
        ResultDesc: 'The service request is processed successfully.',
        CallbackMetadata: { Item: items },
        ...changes,
      },
    },
  })
const withItems = (...changed: { Name: string; Value?: unknown }[]) => {
  const names = changed.map(({ Name }) => Name)
  return callback({ CallbackMetadata: { Item: [...items.filter(({ Name }) => !names.includes(Name)), ...changed] } })
}
const paid = {
  kind: 'paid',
  merchantRequestId: '29115-34620561-1',
  checkoutRequestId: 'ws_CO_191220191020363925',
  amountCents: 100,
  receipt: 'NLJ7RT61SV',
  phoneNumber: '254708374149',
  paidAtMs: Date.UTC(2019, 11, 19, 7, 21, 15),
}

test('the documented success is read whole', () => {
  assert.deepEqual(readEvidence(callback()), paid)
})

test('items are found by name: any order, a balance, a stray item change nothing', () => {
  const Item = [null, 7, 'x', {}, { Name: 'Balance', Value: 99 }, ...items.toReversed(), { Name: 'Extra', Value: {} }]
  assert.deepEqual(readEvidence(callback({ CallbackMetadata: { Item } })), paid)
})

test('a result code as text, and a byte order mark, change nothing', () => {
  assert.deepEqual(readEvidence(`\uFEFF${callback({ ResultCode: '0' })}`), paid)
})

const amounts: [written: string, cents: number | undefined][] = [
  ['1', 100],
  ['1.00', 100],
  ['20.0', 2000],
  ['1.15', 115],
  ['19.99', 1999],
  ['1.1', 110],
  ['70000', 7_000_000],
  ['249999.99', 24_999_999],
  ['2e1', 2000],
  ['"20"', 2000],
  ['"20.00"', 2000],
  ['" 20.00 "', 2000],
  ['"20.000"', 2000],
  ['0', undefined],
  ['0.00', undefined],
  ['-20', undefined],
  ['"-20"', undefined],
  ['1.005', undefined],
  ['1e21', undefined],
  ['1e999', undefined],
  ['99999999999', undefined],
  ['"1,000"', undefined],
  ['"2e1"', undefined],
  ['"0x14"', undefined],
  ['"KES 20"', undefined],
  ['"NaN"', undefined],
  ['"Infinity"', undefined],
  ['""', undefined],
  ['true', undefined],
  ['null', undefined],
  ['[20]', undefined],
  ['{"value":20}', undefined],
]
for (const [written, cents] of amounts) {
  test(`an amount of ${written} is ${cents ?? 'no'} cents`, () => {
    const body = callback().replace('{"Name":"Amount","Value":1}', `{"Name":"Amount","Value":${written}}`)
    assert.deepEqual(readEvidence(body), { ...paid, amountCents: cents })
  })
}

const details: [name: string, value: unknown, expected: object][] = [
  ['MpesaReceiptNumber', ' nlj7rt61sv ', {}],
  ['MpesaReceiptNumber', '', { receipt: undefined }],
  ['MpesaReceiptNumber', 'N/A', { receipt: undefined }],
  ['MpesaReceiptNumber', null, { receipt: undefined }],
  ['MpesaReceiptNumber', { toString: 'x' }, { receipt: undefined }],
  ['MpesaReceiptNumber', 'A'.repeat(500), { receipt: undefined }],
  ['PhoneNumber', '+254708374149', {}],
  ['PhoneNumber', '0708374149', {}],
  ['PhoneNumber', '2547 ***** 149', { phoneNumber: undefined }],
  ['PhoneNumber', '0708***149', { phoneNumber: undefined }],
  ['PhoneNumber', 'c4ca4238a0b923820dcc509a6f75849b'.repeat(2), { phoneNumber: undefined }],
  ['PhoneNumber', undefined, { phoneNumber: undefined }],
  ['TransactionDate', '20191219102115', {}],
  ['TransactionDate', '2019-12-19 10:21:15', {}],
  ['TransactionDate', 20191340102115, { paidAtMs: undefined }],
  ['TransactionDate', 'yesterday', { paidAtMs: undefined }],
]
for (const [name, value, expected] of details) {
  test(`a ${name} of ${JSON.stringify(value)?.slice(0, 40)} is read for what it is worth`, () => {
    assert.deepEqual(readEvidence(withItems({ Name: name, Value: value })), { ...paid, ...expected })
  })
}

test('an item that is said twice counts only when both agree', () => {
  assert.deepEqual(readEvidence(withItems({ Name: 'Amount', Value: 1 }, { Name: 'Amount', Value: '1' })), paid)
  assert.deepEqual(readEvidence(withItems({ Name: 'Amount', Value: 1 }, { Name: 'Amount', Value: 2 })), {
    ...paid,
    amountCents: undefined,
  })
})

test('a success without details is still a success, for somebody to look at', () => {
  const bare = { ...paid, amountCents: undefined, receipt: undefined, phoneNumber: undefined, paidAtMs: undefined }
  for (const CallbackMetadata of [undefined, null, 'x', {}, { Item: {} }, { Item: [] }]) {
    assert.deepEqual(readEvidence(callback({ CallbackMetadata })), bare)
  }
})

const ends: [resultCode: unknown, text: string, failureCode: string][] = [
  [1032, '1032', 'cancelled'],
  ['1032', '1032', 'cancelled'],
  [1037, '1037', 'no-reply'],
  [1, '1', 'low-balance'],
  [2001, '2001', 'wrong-pin'],
  ['SFC_IC0003', 'SFC_IC0003', 'declined'],
  [4242, '4242', 'declined'],
  [-1, '-1', 'declined'],
]
for (const [ResultCode, resultCode, failureCode] of ends) {
  test(`a callback with result ${JSON.stringify(ResultCode)} is a failure: ${failureCode}`, () => {
    assert.deepEqual(readEvidence(callback({ ResultCode, CallbackMetadata: undefined })), {
      kind: 'failed',
      merchantRequestId: paid.merchantRequestId,
      checkoutRequestId: paid.checkoutRequestId,
      resultCode,
      failureCode,
    })
  })
}

test('what cannot be read is malformed, says why, and repeats nothing of it', () => {
  const bodies = [
    '',
    'null',
    '0712345678',
    '"0712345678"',
    '[]',
    '{}',
    '{"Body":null}',
    '{"Body":{"stkCallback":[]}}',
    '{"Body":{"stkCallback":{"ResultCode":0}}}',
    'Body=0712345678',
    '<xml>0712345678</xml>',
    callback().slice(0, -1),
    callback({ ResultCode: undefined }),
    callback({ ResultCode: null }),
    callback({ ResultCode: '' }),
    callback({ ResultCode: 0.5 }),
    callback({ ResultCode: true }),
    callback({ ResultCode: 4999 }),
    callback({ CheckoutRequestID: undefined }),
    callback({ CheckoutRequestID: ' ' }),
    callback({ CheckoutRequestID: 'x'.repeat(101) }),
    callback({ MerchantRequestID: 7 }),
    `${callback()}${' '.repeat(70_000)}`,
    '['.repeat(60_000),
    `${'{"Body":'.repeat(7_000)}1${'}'.repeat(7_000)}`,
    '{"__proto__":{"Body":{"stkCallback":{}}}}',
  ]
  for (const body of bodies) {
    const evidence = readEvidence(body)
    assert.equal(evidence.kind, 'malformed', body.slice(0, 80))
    if (evidence.kind === 'malformed') assert.doesNotMatch(evidence.reason, /0712345678|^$/)
  }
})
