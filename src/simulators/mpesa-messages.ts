import type { ResultCode } from './mpesa-scenarios.ts'

/** Money that a customer really paid. */
export interface Payment {
  /** Whole shillings. */
  amount: number
  receipt: string
  paidAtMs: number
  phoneNumber: string
}

/** What an ended prompt says about itself, in the callback and in the query. */
export interface StkResult {
  merchantRequestId: string
  checkoutRequestId: string
  resultCode: number
  /** The money that moved; absent from a failure, and from a success that keeps it to itself. */
  paid?: Payment
}

const PENDING_CODE = 4999

/** The two channels word the same code differently: nobody may read the words. */
const WORDS: Record<ResultCode, { callback: string; query?: string }> = {
  0: { callback: 'The service request is processed successfully.' },
  1: { callback: 'The balance is insufficient for the transaction.' },
  1032: { callback: 'Request Cancelled by user.', query: 'Request cancelled by user' },
  1037: { callback: 'DS timeout user cannot be reached', query: 'No response from user.' },
  2001: { callback: 'The initiator information is invalid.' },
  2028: { callback: 'The request is not permitted according to product assignment.' },
}

/** The callback's body, byte for byte. */
export function callbackBody({ merchantRequestId, checkoutRequestId, resultCode, paid }: StkResult): string {
  const metadata = paid && {
    Item: [
      { Name: 'Amount', Value: '@amount' },
      { Name: 'MpesaReceiptNumber', Value: paid.receipt },
      { Name: 'Balance' },
      { Name: 'TransactionDate', Value: Number(nairobiDigits(paid.paidAtMs).slice(0, 14)) },
      { Name: 'PhoneNumber', Value: Number(paid.phoneNumber) },
    ],
  }
  const stkCallback = {
    MerchantRequestID: merchantRequestId,
    CheckoutRequestID: checkoutRequestId,
    ResultCode: resultCode,
    ResultDesc: wordsFor(resultCode)?.callback ?? 'Unknown result',
    ...(metadata && { CallbackMetadata: metadata }),
  }
  // JSON.stringify would write the amount as 20; M-PESA writes 20.00.
  return JSON.stringify({ Body: { stkCallback } }).replace('"@amount"', paid?.amount.toFixed(2) ?? '')
}

/** The query's answer; without a result code the prompt is still open. */
export function queryBody(ids: { merchantRequestId: string; checkoutRequestId: string }, resultCode?: number) {
  const words = wordsFor(resultCode)
  return {
    ResponseCode: '0',
    ResponseDescription: 'The service request has been accepted successfully',
    MerchantRequestID: ids.merchantRequestId,
    CheckoutRequestID: ids.checkoutRequestId,
    ResultCode: String(resultCode ?? PENDING_CODE),
    ResultDesc: words?.query ?? words?.callback ?? 'The transaction is still under processing',
  }
}

export function pushAcceptedBody(ids: { merchantRequestId: string; checkoutRequestId: string }) {
  return {
    MerchantRequestID: ids.merchantRequestId,
    CheckoutRequestID: ids.checkoutRequestId,
    ResponseCode: '0',
    ResponseDescription: 'Success. Request accepted for processing',
    CustomerMessage: 'Success. Request accepted for processing',
  }
}

/** YYYYMMDDHHmmssSSS in Nairobi, which is three hours ahead of UTC all year. */
export function nairobiDigits(timeMs: number): string {
  return new Date(timeMs + 3 * 3_600_000).toISOString().replace(/\D/g, '')
}

function wordsFor(resultCode: number | undefined): { callback: string; query?: string } | undefined {
  return Object.entries(WORDS).find(([code]) => Number(code) === resultCode)?.[1]
}
