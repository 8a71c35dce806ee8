import { BUSY, invalidField, type Refusal } from './mpesa-refusals.ts'

export type Scenario =
  | 'success'
  | 'cancelled'
  | 'no-answer'
  | 'wrong-pin'
  | 'low-balance'
  | 'late'
  | 'twice'
  | 'before-response'
  | 'lost-response'
  | 'lost-response-late'
  | 'lost-callback'
  | 'wrong-amount'
  | 'no-receipt'
  | 'failure-after-success'
  | 'refused'
  | 'busy'
  | 'slow-push'
  | 'html-503'

/** How a prompt can end: 0 paid, 1 low balance, 1032 cancelled, 1037 nobody there, 2001 wrong PIN, 2028 misconfigured. */
export type ResultCode = 0 | 1 | 1032 | 1037 | 2001 | 2028

/** How M-PESA plays one payment from the push to the last callback. */
export interface Script {
  /** One line for people. */
  story: string
  /** What the push hears. Only a refusal and `gateway-down` leave the customer without a prompt. */
  push: 'accepted' | 'accepted-after-callback' | 'accepted-when-released' | 'cut' | 'gateway-down' | Refusal
  /** Whether the customer acts only when `releaseLate()` says so, not after the usual delay. */
  late: boolean
  resultCode: ResultCode
  /** How often the callback is sent. */
  copies: 0 | 1 | 2
  /** Whether a success callback says what was paid. */
  metadata: boolean
  /** How much more the customer pays than was asked, in shillings. */
  overpaidKes: number
  /** A second callback that denies the first, and what the query says from then on. The money moved all the same. */
  deniedBy: ResultCode | null
}

const usual = {
  push: 'accepted',
  late: false,
  resultCode: 0,
  copies: 1,
  metadata: true,
  overpaidKes: 0,
  deniedBy: null,
} as const

export const SCENARIOS: Record<Scenario, Script> = {
  success: { ...usual, story: 'the customer enters the PIN and pays' },
  cancelled: { ...usual, resultCode: 1032, story: 'the customer dismisses the prompt' },
  'no-answer': { ...usual, resultCode: 1037, story: 'nobody answers the prompt' },
  'wrong-pin': { ...usual, resultCode: 2001, story: 'the customer enters a wrong PIN' },
  'low-balance': { ...usual, resultCode: 1, story: 'the customer has too little money' },
  late: { ...usual, late: true, story: 'the customer pays only when releaseLate() is called' },
  twice: { ...usual, copies: 2, story: 'paid, and the callback comes two times' },
  'before-response': {
    ...usual,
    push: 'accepted-after-callback',
    story: 'paid, and the callback is answered before the push is',
  },
  'lost-response': { ...usual, push: 'cut', story: 'paid, but the push never gets its answer' },
  'lost-response-late': {
    ...usual,
    push: 'cut',
    late: true,
    story: 'the push never gets its answer, paid once releaseLate() is called',
  },
  'lost-callback': { ...usual, copies: 0, story: 'paid, but the callback is lost: only the query tells' },
  'wrong-amount': { ...usual, overpaidKes: 1, story: 'one shilling more than asked is paid' },
  'no-receipt': { ...usual, metadata: false, story: 'paid, but the callback has neither receipt nor amount' },
  'failure-after-success': {
    ...usual,
    deniedBy: 1032,
    story: 'paid, then a second callback and the query say cancelled',
  },
  refused: { ...usual, push: invalidField('PhoneNumber'), story: 'the push is refused as a bad request' },
  busy: { ...usual, push: BUSY, story: 'the push is refused: another prompt is open on this phone' },
  'slow-push': {
    ...usual,
    push: 'accepted-when-released',
    story: 'the push is answered only when releaseSlow() is called, then paid',
  },
  'html-503': { ...usual, push: 'gateway-down', story: 'the gateway answers the push with an HTML page' },
}
