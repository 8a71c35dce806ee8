/** Waiting for M-PESA. */
const WAITING = ['SUBMITTING', 'PROMPTED', 'UNCERTAIN'] as const
/** No money seen, and not expected: a failure is never final, money still moves any of these to PAID. */
const UNPAID = ['REJECTED', 'DECLINED', 'EXPIRED'] as const
/** Money was proven once; nothing but a refund that failed leaves these. */
const PAID = ['PAID', 'FULFILLED', 'REFUND_PENDING', 'REFUND_UNCERTAIN', 'REFUNDED'] as const

export const PAYMENT_STATES = ['CREATED', ...WAITING, ...UNPAID, ...PAID, 'REVIEW', 'CLOSED_UNPAID'] as const

export type PaymentState = (typeof PAYMENT_STATES)[number]

export type PaymentEvent =
  /** An attempt is written down; the network call comes after. */
  | 'SEND'
  | 'RESP_ACCEPTED'
  | 'RESP_REFUSED'
  | 'RESP_LOST'
  /** A submit was cut off by a crash: nobody knows what M-PESA did. */
  | 'CRASH_RECOVERY'
  /** Nothing was sent while the customer waited; nobody looks at the phone any more. */
  | 'CUSTOMER_ABANDON'
  /** Money proven: token and ids fit, the amount is exact, the receipt is new (or none is given by this channel). */
  | 'MONEY'
  /** Money that does not fit: other amount, no receipt, other ids. */
  | 'MONEY_WITH_FAULT'
  /** M-PESA names a terminal failure. */
  | 'FAILURE'
  | 'STILL_PENDING'
  /** The customer has waited long enough; we go on asking. */
  | 'DEADLINE'
  /** Two days have passed and no channel told of money. It still counts when it comes. */
  | 'GIVE_UP'
  /** The customer is online or holds the code. */
  | 'PROVISIONED'
  /** The money is to go back: asked for, and approved where a second person must. */
  | 'REFUND_REQUEST'
  | 'OPERATOR_APPROVE'
  | 'OPERATOR_REJECT'
  /** What came of giving the money back; whether it was ever done is asked before it is tried again. */
  | 'REFUND_OK'
  | 'REFUND_FAILED'
  | 'REFUND_LOST'
  | 'REFUND_NOT_DONE'

type Move = { from: readonly PaymentState[]; to: PaymentState }

/**
 * The state machine as data. A pair that stands nowhere changes nothing. The database refuses any move that its table
 * `payment_moves` does not list, whatever this table says.
 *
 * INVARIANTS: money leads to a paid state from everywhere; a failure or a pending answer never leaves a paid state; only a
 * refund that could not be done does, into a person's hands.
 */
const moves: Record<PaymentEvent, readonly Move[]> = {
  SEND: [{ from: ['CREATED', ...UNPAID], to: 'SUBMITTING' }],
  RESP_ACCEPTED: [{ from: ['SUBMITTING'], to: 'PROMPTED' }],
  RESP_REFUSED: [{ from: ['SUBMITTING'], to: 'REJECTED' }],
  RESP_LOST: [{ from: ['SUBMITTING'], to: 'UNCERTAIN' }],
  CRASH_RECOVERY: [{ from: ['SUBMITTING'], to: 'UNCERTAIN' }],
  CUSTOMER_ABANDON: [{ from: ['CREATED'], to: 'CLOSED_UNPAID' }],
  MONEY: [{ from: [...WAITING, ...UNPAID, 'CLOSED_UNPAID', 'REVIEW'], to: 'PAID' }],
  MONEY_WITH_FAULT: [{ from: [...WAITING, ...UNPAID, 'CLOSED_UNPAID'], to: 'REVIEW' }],
  FAILURE: [{ from: WAITING, to: 'DECLINED' }],
  STILL_PENDING: [],
  DEADLINE: [{ from: WAITING, to: 'EXPIRED' }],
  GIVE_UP: [{ from: UNPAID, to: 'CLOSED_UNPAID' }],
  PROVISIONED: [{ from: ['PAID'], to: 'FULFILLED' }],
  REFUND_REQUEST: [{ from: ['PAID', 'FULFILLED', 'REVIEW'], to: 'REFUND_PENDING' }],
  OPERATOR_APPROVE: [{ from: ['REVIEW'], to: 'PAID' }],
  OPERATOR_REJECT: [{ from: ['REVIEW'], to: 'CLOSED_UNPAID' }],
  REFUND_OK: [{ from: ['REFUND_PENDING', 'REFUND_UNCERTAIN'], to: 'REFUNDED' }],
  REFUND_FAILED: [{ from: ['REFUND_PENDING', 'REFUND_UNCERTAIN'], to: 'REVIEW' }],
  REFUND_LOST: [{ from: ['REFUND_PENDING'], to: 'REFUND_UNCERTAIN' }],
  REFUND_NOT_DONE: [{ from: ['REFUND_UNCERTAIN'], to: 'REFUND_PENDING' }],
}

/** Where an event takes a payment; the same state when it changes nothing. */
export function nextState(state: PaymentState, event: PaymentEvent): PaymentState {
  const move = moves[event].find(({ from }) => from.includes(state))
  return move?.to ?? state
}

export const isPaid = (state: PaymentState): boolean => (PAID as readonly PaymentState[]).includes(state)
export const isWaiting = (state: PaymentState): boolean => (WAITING as readonly PaymentState[]).includes(state)

/** How long the customer watches a spinner before we say "we keep checking". */
export const CUSTOMER_WINDOW_MS = 90_000

/**
 * For so long after a request a second push to the same phone could kill the first prompt, or be paid twice; and a push
 * that could not go out by then never does.
 */
export const PROMPT_LIFE_MS = 150_000
