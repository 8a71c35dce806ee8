import type { CommandContext } from '../flow/command.ts'
import { insertHistory } from './payment-history.ts'
import { nextState, type PaymentEvent, type PaymentState } from './payment-states.ts'
import { type PaymentRow, updateState } from './payment-table.ts'

export interface PaymentChange {
  detail: string
  /** Who or what brought it about: a channel, an operator; `mlango` itself when left out. */
  by?: string
  /** SHA-256 in hex of the message that says so. */
  evidence?: string | undefined
  verifiedBy?: string
  failureCode?: string
  retryAtMs?: number
}

/** Plays an event against a payment and writes it down, also when it changes nothing. Returns the state it leads to. */
export function movePayment(
  { db, journal, nowMs }: CommandContext,
  payment: PaymentRow,
  event: PaymentEvent,
  change: PaymentChange,
): PaymentState {
  const to = nextState(payment.state, event)
  const { detail, by = 'mlango', evidence = null } = change
  insertHistory(db, {
    ...{ paymentId: payment.id, event, fromState: payment.state, toState: to },
    ...{ detail, by, evidence, atMs: nowMs },
  })
  if (to !== payment.state) {
    const { verifiedBy = null, failureCode = null, retryAtMs = null } = change
    updateState(db, payment.id, { state: to, verifiedBy, failureCode, retryAtMs, nowMs })
    journal.announce({ type: 'payment.moved', data: { paymentId: payment.id } })
  }
  return to
}
