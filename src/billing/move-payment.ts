import type { CommandContext } from '../flow/command.ts'
import { nextState, type PaymentEvent, type PaymentState } from './payment-states.ts'
import { insertHistory, type PaymentRow, updateState } from './payment-table.ts'

/** Plays an event against a payment and writes it down, also when it changes nothing. Returns the state it leads to. */
export function movePayment(
  { db, journal, nowMs }: CommandContext,
  payment: PaymentRow,
  event: PaymentEvent,
  change: { detail: string; verifiedBy?: string; failureCode?: string; retryAtMs?: number },
): PaymentState {
  const to = nextState(payment.state, event)
  insertHistory(db, {
    paymentId: payment.id,
    event,
    fromState: payment.state,
    toState: to,
    detail: change.detail,
    nowMs,
  })
  if (to !== payment.state) {
    const { verifiedBy = null, failureCode = null, retryAtMs = null } = change
    updateState(db, payment.id, { state: to, verifiedBy, failureCode, retryAtMs, nowMs })
    journal.announce({ type: 'payment.moved', data: { paymentId: payment.id } })
  }
  return to
}
