import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { writeTerms } from '../../src/access/network-terms.ts'
import { openRooms, type Rooms } from '../billing/rooms.ts'
import { openStay } from './stay.ts'

describe('terms of a grant', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const termsOf = (stay: ReturnType<typeof openStay>) => {
    const answer = stay.ask()
    assert.ok(answer.outcome === 'accept')
    return answer.terms
  }

  it('are those that it was opened with', () => {
    assert.equal(termsOf(openStay(rooms)), undefined)
    const stay = openStay(rooms, { terms: { framedPool: 'homes', idleTimeoutSeconds: 600 } })
    assert.equal(termsOf(stay)?.framedPool, 'homes')
    assert.equal(termsOf(stay)?.idleTimeoutSeconds, 600)
    assert.equal(termsOf(stay)?.routerGroup, null)
    assert.equal(rooms.jobs('apply-access-terms').length, 0)
  })

  it('are refused when they say nothing sensible', () => {
    const stay = openStay(rooms)
    const change = (terms: object) => () => writeTerms(rooms.db, stay.grantId, terms)
    assert.throws(change({ fairUseBytes: 1000 }))
    assert.throws(change({ idleTimeoutSeconds: 0 }))
    assert.equal(termsOf(stay), undefined)
  })
})
