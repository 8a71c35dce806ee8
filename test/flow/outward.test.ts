import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as z from 'zod'
import { type EventType, eventData, type JournalEntry } from '../../src/flow/events.ts'
import { leaving, outwardEntry } from '../../src/flow/outward.ts'

const PHONE = '254712345678'
const MAC = '02:AA:BB:CC:DD:EE'
const types = Object.keys(eventData) as EventType[]

const entry = (type: string, data: Record<string, unknown>) =>
  ({ id: '0198', seq: 7, type, timeMs: 1_800_000_000_000, data }) as unknown as JournalEntry

/** Data as the event's schema wants it, with something secret wherever a text may stand. */
function indiscreet(type: EventType): Record<string, unknown> {
  const shape: Record<string, z.ZodType> = eventData[type].shape
  const said: Record<string, unknown> = {
    phoneNumber: PHONE,
    macAddress: MAC,
    checkoutRequestId: `ws_CO_191220261020363925${PHONE.slice(3)}`,
    reason: `The gateway says: cannot deliver to +${PHONE}`,
    source: 'payment',
    by: 'router',
    inbox: 'callback',
    kind: 'due',
    failedSteps: ['hotspot'],
    changes: ['set /ip/dns'],
    files: [{ name: 'mlango.log', outcome: 'rotated', bytes: 11_000_000 }],
    starts: [{ fromMs: 1_800_000_000_000, byMs: -60_000 }],
  }
  const data = Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => {
      if (key in said && schema.safeParse(said[key]).success) return [key, said[key]]
      const fits = ['a text', 1_800_000_000_000, null, 'time-used', true, 'damaged', 'uplink'].find(
        (value) => schema.safeParse(value).success,
      )
      return [key, fits]
    }),
  )
  assert.ok(eventData[type].safeParse(data).success, `the sample of ${type} does not fit its schema`)
  return data
}

describe('a journal entry that leaves the house', () => {
  it('has the envelope of the contract, snake_case data and moments in ISO 8601', () => {
    const data = { source: 'payment', sourceId: 'p-1', grantId: 'g-1', expiresAtMs: 1_800_000_060_000 }
    assert.deepEqual(outwardEntry(entry('access.granted', data), 'site-1'), {
      id: '0198',
      seq: 7,
      site: 'site-1',
      type: 'access.granted',
      time: '2027-01-15T08:00:00.000Z',
      schema: 1,
      data: { source: 'payment', source_id: 'p-1', grant_id: 'g-1', expires_at: '2027-01-15T08:01:00.000Z' },
    })
    const suspended = outwardEntry(entry('account.suspended', { operatorId: 1, username: 'amina', untilMs: 0 }), 's')
    assert.equal(suspended.data.until, '1970-01-01T00:00:00.000Z')
  })

  it('is known by its type: every event says what of it may leave, and only what it has', () => {
    assert.deepEqual(Object.keys(leaving).sort(), [...types].sort())
    for (const type of types) {
      for (const key of leaving[type]) assert.ok(key in eventData[type].shape, `${type} has no ${key}`)
    }
  })

  for (const type of types) {
    it(`carries no phone number, device address or secret: ${type}`, () => {
      const said = outwardEntry(entry(type, indiscreet(type)), 'site-1')
      const text = JSON.stringify(said)
      assert.ok(!text.includes(PHONE.slice(3)), text)
      assert.ok(!text.includes(MAC), text)
      for (const key of Object.keys(said.data)) {
        assert.match(key, /^[a-z]+(_[a-z]+)*$/)
        assert.doesNotMatch(key, /password|secret|token|phone_number|mac_address/)
      }
    })
  }

  it('keeps inside a field that nobody listed', () => {
    const data = { routerId: 1, name: 'Router 1', radiusSecret: 'hush' }
    assert.deepEqual(outwardEntry(entry('router.registered', data), 's').data, { router_id: 1, name: 'Router 1' })
  })

  it('goes out all the same when another release wrote it', () => {
    assert.deepEqual(outwardEntry(entry('drone.landed', { secret: 'hush' }), 's').data, {})
    assert.deepEqual(outwardEntry(entry('access.granted', { expiresAtMs: 'soon' }), 's').data, { expires_at: null })
    assert.equal(
      outwardEntry({ ...entry('cloud.connected', {}), timeMs: Number.NaN }, 's').time,
      '1970-01-01T00:00:00.000Z',
    )
  })
})
