import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import {
  type DeliveryReport,
  REPORT_WAIT_MS,
  recordDelivery,
  recordMessage,
  type SendResult,
  startMessage,
} from '../../src/access/messages.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

const PHONE = '254712345678'

describe('the SMS with the credentials', () => {
  let rooms: Rooms
  let grantId: string
  beforeEach(() => {
    rooms = openRooms()
    grantId = openStay(rooms, { phoneNumber: PHONE }).grantId
  })
  afterEach(() => rooms.close())

  const start = () => rooms.run(startMessage, { grantId, phoneNumber: PHONE })
  const record = (result: SendResult) =>
    rooms.run(recordMessage, {
      messageId: rooms.value('SELECT id FROM messages') as number,
      result,
      phoneMasked: '0712 ••• 678',
    })
  const report = (change: Partial<DeliveryReport> = {}) =>
    rooms.run(recordDelivery, {
      providerId: 'ATX1',
      phoneNumber: PHONE,
      status: 'delivered',
      detail: null,
      phoneMasked: '',
      ...change,
    })
  const state = () => rooms.value('SELECT state FROM messages')
  const told = () =>
    rooms
      .facts()
      .filter(({ type }) => type.startsWith('credentials.'))
      .map(({ type }) => type)

  it('is written down before it is sent, and not sent again once it was accepted', () => {
    assert.equal(start().outcome, 'send')
    record({ outcome: 'accepted', providerId: 'ATX1' })
    assert.deepEqual(start(), { outcome: 'settled' })
    const before = rooms.snapshot()
    record({ outcome: 'accepted', providerId: 'ATX2' })
    record({ outcome: 'refused', detail: 'late' })
    assert.deepEqual(rooms.snapshot(), before)
    assert.deepEqual(told(), ['credentials.sent'])
  })

  it('that a power cut left half sent waits for the gateway’s report, then goes out once more, and never a third time', () => {
    assert.equal(start().outcome, 'send')
    assert.deepEqual(start(), { outcome: 'wait', waitMs: REPORT_WAIT_MS })
    rooms.clock.step(REPORT_WAIT_MS - 1)
    assert.deepEqual(start(), { outcome: 'wait', waitMs: 1 })
    rooms.clock.step(1)
    assert.equal(start().outcome, 'send')
    start()
    rooms.clock.step(REPORT_WAIT_MS)
    assert.deepEqual(start(), { outcome: 'settled' })
  })

  it('whose answer was lost is settled by the report', () => {
    start()
    record({ outcome: 'lost', detail: 'cut' })
    assert.equal(report(), 'recorded')
    rooms.clock.step(REPORT_WAIT_MS)
    assert.deepEqual(start(), { outcome: 'settled' })
    assert.deepEqual(told(), ['credentials.sent'])
  })

  it('whose report comes before the gateway’s answer counts once', () => {
    start()
    report()
    record({ outcome: 'accepted', providerId: 'ATX1' })
    assert.equal(state(), 'delivered')
    assert.deepEqual(told(), ['credentials.sent'])
  })

  it('that was refused is told once, and not sent again', () => {
    start()
    record({ outcome: 'refused', detail: 'blacklisted' })
    assert.deepEqual(start(), { outcome: 'settled' })
    assert.deepEqual(told(), ['credentials.failed'])
  })

  it('that never left counts as never tried', () => {
    start()
    record({ outcome: 'unsent' })
    assert.equal(start().outcome, 'send')
  })

  it('whose second try never left is tried again', () => {
    start()
    record({ outcome: 'lost', detail: 'cut' })
    rooms.clock.step(REPORT_WAIT_MS)
    assert.equal(start().outcome, 'send')
    record({ outcome: 'unsent' })
    assert.equal(start().outcome, 'wait')
    rooms.clock.step(REPORT_WAIT_MS)
    assert.equal(start().outcome, 'send')
    record({ outcome: 'lost', detail: 'cut' })
    rooms.clock.step(REPORT_WAIT_MS)
    assert.deepEqual(start(), { outcome: 'settled' })
  })

  it('is reported once, although the gateway reports twice and out of order', () => {
    start()
    record({ outcome: 'accepted', providerId: 'ATX1' })
    report({ status: 'failed', detail: 'absent' })
    report({ status: 'failed', detail: 'absent' })
    assert.deepEqual(told(), ['credentials.sent', 'credentials.failed'])
    report()
    report({ status: 'failed', detail: 'absent' })
    assert.equal(state(), 'delivered')
    assert.deepEqual(told(), ['credentials.sent', 'credentials.failed'])
  })

  it('is not settled by a report about somebody else', () => {
    start()
    assert.equal(report({ phoneNumber: '254700000000' }), 'unknown')
    assert.equal(report({ phoneNumber: null }), 'unknown')
    assert.equal(state(), 'sending')
  })
})
