import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isPaid, isWaiting, nextState, type PaymentEvent, type PaymentState } from '../../src/billing/payment-states.ts'
import { everyState } from './every-state.ts'
import { openRooms, type Rooms } from './rooms.ts'

const W = ['SUBMITTING', 'PROMPTED', 'UNCERTAIN'] as const
const F = ['REJECTED', 'DECLINED', 'EXPIRED'] as const

/** The trade's own table, row by row. A pair that is missing changes nothing. */
const table: Record<PaymentEvent, [from: readonly PaymentState[], to: PaymentState][]> = {
  SEND: [[['CREATED', ...F], 'SUBMITTING']],
  RESP_ACCEPTED: [[['SUBMITTING'], 'PROMPTED']],
  RESP_REFUSED: [[['SUBMITTING'], 'REJECTED']],
  RESP_LOST: [[['SUBMITTING'], 'UNCERTAIN']],
  CRASH_RECOVERY: [[['SUBMITTING'], 'UNCERTAIN']],
  CUSTOMER_ABANDON: [[['CREATED'], 'CLOSED_UNPAID']],
  MONEY: [[[...W, ...F, 'CLOSED_UNPAID', 'REVIEW'], 'PAID']],
  MONEY_WITH_FAULT: [[[...W, ...F, 'CLOSED_UNPAID'], 'REVIEW']],
  FAILURE: [[W, 'DECLINED']],
  STILL_PENDING: [],
  DEADLINE: [[W, 'EXPIRED']],
  GIVE_UP: [[F, 'CLOSED_UNPAID']],
  PROVISIONED: [[['PAID'], 'FULFILLED']],
  REFUND_REQUEST: [[['PAID', 'FULFILLED', 'REVIEW'], 'REFUND_PENDING']],
  OPERATOR_APPROVE: [[['REVIEW'], 'PAID']],
  OPERATOR_REJECT: [[['REVIEW'], 'CLOSED_UNPAID']],
  REFUND_OK: [[['REFUND_PENDING', 'REFUND_UNCERTAIN'], 'REFUNDED']],
  REFUND_FAILED: [[['REFUND_PENDING', 'REFUND_UNCERTAIN'], 'REVIEW']],
  REFUND_LOST: [[['REFUND_PENDING'], 'REFUND_UNCERTAIN']],
  REFUND_NOT_DONE: [[['REFUND_UNCERTAIN'], 'REFUND_PENDING']],
}

const events = Object.keys(table) as PaymentEvent[]

describe('the payment state machine', () => {
  let rooms: Rooms
  before(() => {
    rooms = openRooms()
  })
  after(() => rooms.close())

  it('moves as the table says, for every state and event', () => {
    for (const state of everyState) {
      for (const event of events) {
        const expected = table[event].find(([from]) => from.includes(state))?.[1] ?? state
        assert.equal(nextState(state, event), expected, `${state} + ${event}`)
      }
    }
  })

  it('makes no move that the file refuses, and the file allows none that nobody can explain', () => {
    const allowed = rooms.rows<{ from_state: string; to_state: string }>(
      'SELECT from_state, to_state FROM payment_moves',
    )
    const inFile = allowed.map((move) => `${move.from_state}>${move.to_state}`).sort()
    const played = everyState.flatMap((state) =>
      events.map((event) => `${state}>${nextState(state, event)}`).filter((move) => move !== `${state}>${state}`),
    )
    assert.deepEqual(inFile, [...new Set(played)].sort())
  })

  it('never leaves a paid state by a failure, a deadline, a pending or a late answer', () => {
    for (const state of everyState.filter(isPaid)) {
      for (const event of events.filter((one) => one !== 'REFUND_FAILED'))
        assert.ok(isPaid(nextState(state, event)), `${state} + ${event}`)
    }
  })

  it('never ignores money: it leads to a paid state from everywhere after the request', () => {
    for (const state of everyState.filter((one) => one !== 'CREATED'))
      assert.ok(isPaid(nextState(state, 'MONEY')), state)
  })

  it('takes money as proven only by the event that proves it', () => {
    for (const state of everyState.filter((one) => !isPaid(one))) {
      for (const event of events.filter((one) => one !== 'MONEY' && one !== 'OPERATOR_APPROVE')) {
        // Money in review that is given back was money all the same.
        const expected = state === 'REVIEW' && event === 'REFUND_REQUEST'
        assert.equal(isPaid(nextState(state, event)), expected, `${state} + ${event}`)
      }
    }
  })

  it('has no dead end but the three where nothing is owed', () => {
    const ends = everyState.filter((state) =>
      events.every((event) => event === 'MONEY' || nextState(state, event) === state),
    )
    assert.deepEqual(ends, ['REFUNDED'])
    // A delivered purchase may be given back, a closed one may turn out paid.
    const waysOut = (state: PaymentState) => [...new Set(events.map((event) => nextState(state, event)))].sort()
    assert.deepEqual(waysOut('FULFILLED'), ['FULFILLED', 'REFUND_PENDING'])
    assert.deepEqual(waysOut('CLOSED_UNPAID'), ['CLOSED_UNPAID', 'PAID', 'REVIEW'])
  })

  it('keeps the three waiting states apart from all others', () => {
    assert.deepEqual(everyState.filter(isWaiting), [...W])
  })
})
