import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  nextSubscriptionState,
  type SubscriptionEvent,
  subscriptionMoves,
  subscriptionStates,
} from '../../src/access/subscription-states.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { DAY_MS, openSubscriber } from './subscriber.ts'

const events = Object.keys(subscriptionMoves) as SubscriptionEvent[]

describe('the states of a subscription', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const refused = (query: string, message: RegExp) => assert.throws(() => rooms.db.exec(query), message, query)

  it('are moved by the code exactly as the database allows', () => {
    const moves = new Set<string>()
    for (const from of subscriptionStates) {
      for (const event of events) {
        const to = nextSubscriptionState(from, event)
        if (to !== from) moves.add(`${from} ${to}`)
      }
    }
    const allowed = rooms.rows<{ move: string }>("SELECT from_state || ' ' || to_state AS move FROM subscription_moves")
    assert.deepEqual([...moves].sort(), allowed.map(({ move }) => move).sort())
  })

  it('have no way out of cancelled, and a way to be paid from every other that is down', () => {
    for (const event of events) assert.equal(nextSubscriptionState('cancelled', event), 'cancelled')
    for (const state of ['grace', 'disconnected', 'expired'] as const)
      assert.equal(nextSubscriptionState(state, 'TIME_ADDED'), 'active')
    assert.equal(nextSubscriptionState('suspended', 'TIME_ADDED'), 'suspended')
  })

  it('are not left by another way, whatever the code above does', () => {
    openSubscriber(rooms, { paidUntilMs: rooms.clock.nowMs() + DAY_MS })
    refused("UPDATE subscriptions SET state = 'expired'", /may not move that way/)
    refused("UPDATE subscriptions SET state = 'nonsense'", /may not move that way/)
    refused("UPDATE subscriptions SET account_number = '1'", /never changes/)
    refused('DELETE FROM subscriptions', /never deleted/)
    refused("UPDATE subscription_history SET detail = ''", /never changes/)
    refused('DELETE FROM subscription_history', /never deleted/)
    refused("UPDATE subscriptions SET state = 'suspended'", /CHECK constraint/)
  })

  it('never let a grant open again while the subscription is down', () => {
    openSubscriber(rooms)
    refused('UPDATE grants SET ended_at_ms = NULL, end_reason = NULL', /only a running subscription/)
  })
})
