import { randomUUID } from 'node:crypto'
import { type HttpAnswer, json } from './plain-http.ts'

/** An error as the Daraja API words it. */
export interface Refusal {
  status: number
  errorCode: string
  errorMessage: string
}

export const INVALID_GRANT_TYPE = refusal(400, '400.008.02', 'Invalid grant type passed')
export const INVALID_AUTHENTICATION = refusal(400, '400.008.01', 'Invalid Authentication passed')
export const INVALID_ACCESS_TOKEN = refusal(404, '404.001.03', 'Invalid Access Token')
export const INVALID_AUTHENTICATION_HEADER = refusal(404, '404.001.04', 'Invalid Authentication Header')
export const NO_SUCH_RESOURCE = refusal(404, '404.001.01', 'Resource not found')
export const METHOD_NOT_ALLOWED = refusal(405, '405.001', 'Method Not Allowed')
export const INVALID_PAYLOAD = refusal(400, '400.002.05', 'Invalid Request Payload')
export const NO_SUCH_MERCHANT = refusal(500, '500.001.1001', 'Merchant does not exist')
export const WRONG_CREDENTIALS = refusal(500, '500.001.1001', 'Wrong credentials')
export const BUSY = refusal(
  500,
  '500.001.1001',
  'Unable to lock subscriber, a transaction is already in process for the current subscriber',
)
export const NO_SUCH_TRANSACTION = refusal(500, '500.001.1001', 'The transaction does not Exist')
export const BEING_PROCESSED = refusal(500, '500.001.1001', 'The transaction is being processed')
/** Seen in the sandbox: status 200 around an error without words. */
export const WORDLESS = refusal(200, '500.001.1001', '')

export function invalidField(field: string): Refusal {
  return refusal(400, '400.002.02', `Bad Request - Invalid ${field}`)
}

export function refuse({ status, errorCode, errorMessage }: Refusal): HttpAnswer {
  return json(status, { requestId: randomUUID(), errorCode, errorMessage })
}

/** The rate limit stands in the gateway before Daraja and has its own shape. */
export function refuseTooFast(): HttpAnswer {
  const faultstring =
    'Spike arrest violation. Allowed rate : MessageRate{messagesPerPeriod=5, periodInMicroseconds=60000000, maxBurstMessageCount=1.0}'
  return json(429, { fault: { faultstring, detail: { errorcode: 'policies.ratelimit.SpikeArrestViolation' } } })
}

function refusal(status: number, errorCode: string, errorMessage: string): Refusal {
  return { status, errorCode, errorMessage }
}
