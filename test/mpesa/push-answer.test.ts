import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pushAnswerOf } from '../../src/mpesa/push-answer.ts'

const accepted = {
  MerchantRequestID: '29115-34620561-1',
  CheckoutRequestID: 'ws_CO_191220191020363925',
  ResponseCode: '0',
  ResponseDescription: 'Success. Request accepted for processing',
  CustomerMessage: 'Success. Request accepted for processing',
}
const error = (errorCode: string, errorMessage: string) => ({ requestId: '11728-2929992-1', errorCode, errorMessage })
const fault = (faultstring: string, errorcode: string) => ({ fault: { faultstring, detail: { errorcode } } })

/** Outcome, and for a refusal: failure code, seconds to wait, whether the owner has to act. */
type Expected = ['accepted'] | ['lost'] | ['token-refused'] | ['refused', string, number | undefined, boolean]

const replies: [status: number, body: unknown, expected: Expected][] = [
  [200, accepted, ['accepted']],
  [200, { ...accepted, ResponseCode: 0 }, ['accepted']],
  // Accepted without the ids that a question would need.
  [200, { ...accepted, CheckoutRequestID: undefined }, ['lost']],
  [200, { ...accepted, MerchantRequestID: '' }, ['lost']],
  [200, { ...accepted, ResponseCode: '1' }, ['lost']],
  [200, { ...accepted, ResponseCode: undefined }, ['lost']],
  [202, accepted, ['lost']],
  [503, accepted, ['lost']],

  [400, error('400.002.02', 'Bad Request - Invalid CallBackURL'), ['refused', 'mpesa-down', undefined, true]],
  [400, error('400.002.02', 'Bad Request - Invalid PhoneNumber'), ['refused', 'number-refused', undefined, false]],
  [400, error('400.002.02', 'Bad Request - Invalid PartyA'), ['refused', 'number-refused', undefined, false]],
  [400, error('400.002.05', 'Invalid Request Payload'), ['refused', 'mpesa-down', undefined, true]],
  [404, error('404.001.01', 'Resource not found'), ['refused', 'mpesa-down', undefined, true]],
  [405, error('405.001', 'Method Not Allowed'), ['refused', 'mpesa-down', undefined, true]],
  [403, fault('Access denied', 'policies.AccessControl.IPDeniedAccess'), ['refused', 'mpesa-down', undefined, true]],
  [408, fault('Request timeout', 'messaging.runtime.RequestTimeout'), ['lost']],

  [404, error('404.001.03', 'Invalid Access Token'), ['token-refused']],
  [404, error('404.001.04', 'Invalid Authentication Header'), ['token-refused']],
  [400, error('400.003.01', 'Invalid Access Token'), ['token-refused']],
  [401, error('401.001', 'Error Occurred - Invalid Access Token'), ['token-refused']],
  [401, error('401.003.01', 'Error Occurred: Invalid Access Token'), ['token-refused']],
  [401, fault('Invalid Access Token', 'keymanagement.service.invalid_access_token'), ['token-refused']],
  [401, '', ['token-refused']],

  [500, error('500.001.1001', 'Merchant does not exist'), ['refused', 'mpesa-down', undefined, true]],
  [500, error('500.001.1001', 'Wrong credentials'), ['refused', 'mpesa-down', undefined, true]],
  [
    500,
    error('500.001.1001', 'Unable to lock subscriber, a transaction is already in process for the current subscriber'),
    ['refused', 'busy', 60, false],
  ],
  [500, error('500.001.1001', ''), ['lost']],
  [200, error('500.001.1001', ''), ['lost']],
  [500, error('500.001.1001', 'something new'), ['lost']],
  [500, error('500.003.02', 'Spike Arrest Violation'), ['refused', 'mpesa-down', 60, false]],
  [500, error('500.003.02', 'System is busy. Please try again in few minutes.'), ['refused', 'mpesa-down', 60, false]],
  [500, error('500.003.03', 'Quota Violation'), ['refused', 'mpesa-down', 900, true]],
  [500, error('500.003.1001', 'Internal Server Error'), ['lost']],
  [503, error('503.001', 'unheard of'), ['lost']],

  [
    429,
    fault(
      'Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5}',
      'policies.ratelimit.SpikeArrestViolation',
    ),
    ['refused', 'mpesa-down', 60, false],
  ],
  [
    500,
    fault('Spike arrest violation', 'policies.ratelimit.SpikeArrestViolation'),
    ['refused', 'mpesa-down', 60, false],
  ],
  [429, fault('Rate limit quota violation', 'policies.ratelimit.QuotaViolation'), ['refused', 'mpesa-down', 900, true]],
  [429, '', ['refused', 'mpesa-down', 60, false]],
  [504, fault('Gateway Timeout', 'messaging.adaptors.http.flow.GatewayTimeout'), ['lost']],

  [200, '', ['lost']],
  [200, '{"MerchantRequestID":"29115', ['lost']],
  [200, '[]', ['lost']],
  [200, 'null', ['lost']],
  [200, '"0"', ['lost']],
  [200, '<html>Welcome to our WiFi</html>', ['lost']],
  [302, '', ['lost']],
  [403, '<html>Request unsuccessful. Incapsula incident</html>', ['lost']],
  [500, '<html>Internal Server Error</html>', ['lost']],
  [502, '<html>Bad Gateway</html>', ['lost']],
  [503, '<html>Service Unavailable</html>', ['lost']],
]
for (const [status, body, expected] of replies) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  test(`a push that hears ${status} ${text.slice(0, 90)} is ${expected.join(' ')}`, () => {
    const answer = pushAnswerOf({ status, text })
    const [outcome, failure, retryAfterSeconds, alarm] = expected
    assert.equal(answer.outcome, outcome)
    if (answer.outcome !== 'refused') return
    assert.equal(answer.failure, failure)
    assert.equal(answer.retryAfterSeconds, retryAfterSeconds)
    assert.equal(answer.alarm ?? false, alarm)
    assert.match(answer.detail, new RegExp(`^HTTP ${status}`))
  })
}

test('an accepted push hands back the ids as they came', () => {
  assert.deepEqual(pushAnswerOf({ status: 200, text: JSON.stringify(accepted) }), {
    outcome: 'accepted',
    merchantRequestId: '29115-34620561-1',
    checkoutRequestId: 'ws_CO_191220191020363925',
  })
})

test('what is kept about a refusal is short, however long the reply', () => {
  const answer = pushAnswerOf({ status: 400, text: JSON.stringify(error('400.002.02', 'x'.repeat(5000))) })
  assert.ok(answer.outcome === 'refused' && answer.detail.length <= 200)
})
