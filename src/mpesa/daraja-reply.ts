import * as z from 'zod'

/** A code as text, whichever way it was written; anything else counts as missing. */
const code = z
  .union([z.string(), z.int().transform(String)])
  .transform((value) => value.trim())
  .optional()
  .catch(undefined)

const id = z.string().trim().min(1).max(100).optional().catch(undefined)
const words = z.string().optional().catch(undefined)

const Body = z.object({
  ResponseCode: code,
  ResultCode: code,
  MerchantRequestID: id,
  CheckoutRequestID: id,
  errorCode: code,
  errorMessage: words,
  fault: z
    .object({ faultstring: words, detail: z.object({ errorcode: words }).optional().catch(undefined) })
    .optional()
    .catch(undefined),
})

/**
 * What a reply of the Daraja API holds, field by field. It is read by content alone: gateways answer with HTML, and with
 * errors under status 200.
 */
export interface DarajaReply {
  status: number
  responseCode: string | undefined
  resultCode: string | undefined
  merchantRequestId: string | undefined
  checkoutRequestId: string | undefined
  /** Daraja's own refusal, or the code of the gateway in front of it. */
  errorCode: string | undefined
  errorMessage: string
  /** For the audit trail: status, code and words, short. */
  detail: string
}

export function readDarajaReply({ status, text }: { status: number; text: string }): DarajaReply {
  const body = Body.safeParse(parse(text)).data
  const errorCode = body?.errorCode || body?.fault?.detail?.errorcode?.trim()
  const errorMessage = body?.errorMessage ?? body?.fault?.faultstring ?? ''
  const told = body ? [errorCode, errorMessage].filter(Boolean).join(' ') : 'without readable JSON'
  return {
    status,
    responseCode: body?.ResponseCode,
    resultCode: body?.ResultCode,
    merchantRequestId: body?.MerchantRequestID,
    checkoutRequestId: body?.CheckoutRequestID,
    errorCode: errorCode || undefined,
    errorMessage,
    detail: `HTTP ${status} ${told}`.trim().slice(0, 200),
  }
}

const TOKEN_CODES: readonly unknown[] = ['404.001.03', '404.001.04', '400.003.01', '401.001', '401.003.01']

/** The access token was not accepted, which is checked before anything is done: asking again with a new one is safe. */
export function refusesToken({ status, errorCode }: DarajaReply): boolean {
  return status === 401 || TOKEN_CODES.includes(errorCode) || /access_?token/i.test(errorCode ?? '')
}

/** Too many requests in a short time (`spike`), or over the app's allowance (`quota`); nothing was done. */
export function rateLimitOf({ status, errorCode }: DarajaReply): 'spike' | 'quota' | undefined {
  if (errorCode === '500.003.03' || errorCode?.endsWith('QuotaViolation')) return 'quota'
  return status === 429 || errorCode === '500.003.02' || errorCode?.endsWith('SpikeArrestViolation')
    ? 'spike'
    : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
