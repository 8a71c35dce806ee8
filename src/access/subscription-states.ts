export const subscriptionStates = ['active', 'grace', 'disconnected', 'suspended', 'expired', 'cancelled'] as const

/**
 * active: paid, and online. grace: the paid time is over, online for some days more. disconnected: not paid yet, or no longer;
 * a payment brings it back. suspended: halted by an operator, the paid time stands still. expired: nobody has paid for a long
 * time; a payment still brings it back. cancelled: ended for good.
 */
export type SubscriptionState = (typeof subscriptionStates)[number]

export type SubscriptionEvent =
  /** Time was added, by a payment or an operator. */
  | 'TIME_ADDED'
  /** Time was added to what may not run now: it is suspended, or its first day has not come. */
  | 'TIME_KEPT'
  /** A payment is given back: so is its time. */
  | 'TIME_TAKEN'
  /** A period that waited for its turn. */
  | 'NEXT_BEGUN'
  | 'PAID_TIME_OVER'
  /** Grace is over, the data is used up, or the right was withdrawn. */
  | 'ACCESS_ENDED'
  | 'SUSPENDED'
  | 'RESUMED_PAID'
  | 'RESUMED_IN_GRACE'
  | 'RESUMED_UNPAID'
  | 'LAPSED'
  | 'CANCELLED'

interface Move {
  from: readonly SubscriptionState[]
  to: SubscriptionState
}

/** The state machine as data. The database refuses any move that its table `subscription_moves` does not list. */
export const subscriptionMoves: Record<SubscriptionEvent, Move> = {
  TIME_ADDED: { from: ['grace', 'disconnected', 'expired'], to: 'active' },
  TIME_KEPT: { from: [], to: 'active' },
  TIME_TAKEN: { from: [], to: 'active' },
  NEXT_BEGUN: { from: ['disconnected'], to: 'active' },
  PAID_TIME_OVER: { from: ['active'], to: 'grace' },
  ACCESS_ENDED: { from: ['active', 'grace'], to: 'disconnected' },
  SUSPENDED: { from: ['active', 'grace', 'disconnected'], to: 'suspended' },
  RESUMED_PAID: { from: ['suspended'], to: 'active' },
  RESUMED_IN_GRACE: { from: ['suspended'], to: 'grace' },
  RESUMED_UNPAID: { from: ['suspended'], to: 'disconnected' },
  LAPSED: { from: ['disconnected'], to: 'expired' },
  CANCELLED: { from: ['active', 'grace', 'disconnected', 'suspended', 'expired'], to: 'cancelled' },
}

/** Where an event leads; a pair that stands nowhere changes nothing. */
export function nextSubscriptionState(state: SubscriptionState, event: SubscriptionEvent): SubscriptionState {
  const { from, to } = subscriptionMoves[event]
  return from.includes(state) ? to : state
}
