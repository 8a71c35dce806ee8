import assert from 'node:assert/strict'
import { test } from 'node:test'
import { queryAnswerOf } from '../../src/mpesa/query-answer.ts'

const ID = 'ws_CO_191220191020363925'
const said = (ResultCode: unknown, changes: object = {}) => ({
  ResponseCode: '0',
  ResponseDescription: 'The service request has been accepted successfully',
  MerchantRequestID: '29115-34620561-1',
  CheckoutRequestID: ID,
  ResultCode,
  ResultDesc: 'any words',
  ...changes,
})
const error = (errorCode: string, errorMessage: string) => ({ requestId: '11728-2929992-1', errorCode, errorMessage })
const fault = (errorcode: string) => ({ fault: { faultstring: 'any words', detail: { errorcode } } })

const replies: [status: number, body: unknown, outcome: string][] = [
  [200, said('0'), 'paid'],
  [200, said(0), 'paid'],
  [200, said('4999'), 'pending'],
  ...['1', '2', '3', '4', '8', '17', '26', '1001', '1019', '1025', '1032', '1037', '2001', '2028', '8006', '9999'].map(
    (code): [number, unknown, string] => [200, said(code), 'failed'],
  ),
  [200, said('SFC_IC0003'), 'failed'],
  [200, said(1032), 'failed'],

  // Success needs every part of it.
  [500, said('0'), 'no-answer'],
  [200, said('0', { ResponseCode: '1' }), 'no-answer'],
  [200, said('0', { ResponseCode: undefined }), 'no-answer'],
  [200, said(undefined), 'no-answer'],
  [200, said(null), 'no-answer'],
  [200, said(''), 'no-answer'],
  [200, said('00'), 'no-answer'],
  [200, said(false), 'no-answer'],
  [200, said('0', { CheckoutRequestID: 'ws_CO_other' }), 'no-answer'],
  [200, said('0', { CheckoutRequestID: undefined }), 'no-answer'],
  [200, said('1032', { CheckoutRequestID: 'ws_CO_other' }), 'no-answer'],
  [200, { ...said('0'), ...error('500.001.1001', '') }, 'no-answer'],

  // A code that nobody has described proves nothing here.
  ...['5', '11', '20', '1234', '-1', 'toString', '__proto__'].map((code): [number, unknown, string] => [
    200,
    said(code),
    'no-answer',
  ]),

  [500, error('500.001.1001', 'The transaction is being processed'), 'pending'],
  [500, error('500.001.1001', 'The transaction is still under processing'), 'pending'],
  [200, error('500.001.1001', ''), 'no-answer'],
  [500, error('500.001.1001', ''), 'no-answer'],
  [500, error('500.001.1001', 'The transaction does not Exist'), 'no-answer'],
  [500, error('500.001.1001', 'Wrong credentials'), 'no-answer'],
  [400, error('400.002.02', 'Bad Request - Invalid CheckoutRequestID'), 'no-answer'],
  [500, error('500.003.1001', 'Internal Server Error'), 'no-answer'],
  [404, error('404.001.01', 'Resource not found'), 'no-answer'],

  [404, error('404.001.03', 'Invalid Access Token'), 'token-refused'],
  [401, '', 'token-refused'],

  [429, { fault: { faultstring: 'Spike arrest violation', detail: { errorcode: 'x' } } }, 'slow-down'],
  [429, '', 'slow-down'],
  [500, error('500.003.02', 'Spike Arrest Violation'), 'slow-down'],
  [500, error('500.003.03', 'Quota Violation'), 'slow-down'],

  [200, '', 'no-answer'],
  [200, '{"ResponseCode":"0","ResultCo', 'no-answer'],
  [200, 'null', 'no-answer'],
  [302, '', 'no-answer'],
  [503, '<html>Service Unavailable</html>', 'unreached'],
  [504, fault('messaging.adaptors.http.flow.GatewayTimeout'), 'unreached'],
  [500, fault('messaging.adaptors.http.flow.UnexpectedEOFAtTarget'), 'unreached'],
  [404, fault('messaging.adaptors.http.flow.ApplicationNotFound'), 'no-answer'],
]
for (const [status, body, outcome] of replies) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  test(`a query that hears ${status} ${text.slice(0, 200)} reads ${outcome}`, () => {
    assert.equal(queryAnswerOf({ status, text }, ID).outcome, outcome)
  })
}

test('a failure hands back its code as text', () => {
  assert.deepEqual(queryAnswerOf({ status: 200, text: JSON.stringify(said(1032)) }, ID), {
    outcome: 'failed',
    resultCode: '1032',
  })
})
