import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { chainHead, firstBrokenLink, historyOf } from '../../src/billing/payment-history.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, type Rooms } from './rooms.ts'

describe('the history of money', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
    openPurchase(rooms).prompted().paid()
    openPurchase(rooms).prompted().failed()
  })
  afterEach(() => rooms.close())

  /** As one who has the file and root may do. */
  function tamper(query: string): void {
    rooms.db.exec('DROP TRIGGER payment_history_keeps; DROP TRIGGER payment_history_stays')
    rooms.db.exec(query)
  }

  it('says who moved it and by which message', () => {
    const purchase = openPurchase(rooms).prompted()
    purchase.paid()
    const paid = historyOf(rooms.db, purchase.paymentId).find(({ event }) => event === 'MONEY')
    assert.equal(paid?.by, 'stk_callback')
    const inbox = rooms.value('SELECT lower(hex(body_sha256)) FROM callback_inbox ORDER BY id DESC LIMIT 1')
    assert.equal(paid?.evidence, inbox)
  })

  it('holds from its first row to its head', () => {
    assert.equal(firstBrokenLink(rooms.db), undefined)
    const head = chainHead(rooms.db)
    openPurchase(rooms).prompted()
    assert.notDeepEqual(chainHead(rooms.db), head)
    assert.equal(firstBrokenLink(rooms.db), undefined)
  })

  it('shows the first row that was changed', () => {
    tamper("UPDATE payment_history SET detail = 'nothing happened' WHERE id = 3")
    assert.equal(firstBrokenLink(rooms.db), 3)
  })

  it('shows where a row was taken out', () => {
    tamper('DELETE FROM payment_history WHERE id = 2')
    assert.equal(firstBrokenLink(rooms.db), 3)
  })

  it('takes no row that does not follow on the last one', () => {
    const insert = rooms.db.prepare(
      `INSERT INTO payment_history (payment_id, event, from_state, to_state, detail, at_ms, previous_hash, hash)
       SELECT payment_id, event, from_state, to_state, detail, at_ms, previous_hash, ? FROM payment_history WHERE id = 1`,
    )
    assert.throws(() => insert.run(Buffer.alloc(32, 7)), /grows only at its end/)
    assert.throws(() => insert.run(null), /grows only at its end/)
  })
})
