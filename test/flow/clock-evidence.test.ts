import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followClockStep } from '../../src/access/follow-clock.ts'
import { verdictOn } from '../../src/clock-source.ts'
import { noteTime, type TimeHeard, timesHeard } from '../../src/flow/clock-evidence.ts'
import { HOUR_MS, openRooms } from '../billing/rooms.ts'

const heard = (teller: TimeHeard['teller'], offsetMs: number, errorMs = 500): TimeHeard => ({
  teller,
  offsetMs,
  errorMs,
})
const judge = (source: 'synchronized' | 'unsynchronized' | 'unknown', ...others: TimeHeard[]) =>
  verdictOn(source, 2, 1, others)

test('two who agree with a clock that nobody has set make it trusted; one alone does not', () => {
  assert.equal(judge('unsynchronized').trusted, false)
  assert.equal(judge('unsynchronized', heard('router', 100)).trusted, false)
  const { trusted, reason } = judge('unsynchronized', heard('http', -300), heard('router', 100))
  assert.deepEqual([trusted, reason], [true, 'M-PESA and the router agree with the clock'])
})

test('they agree within two seconds, beside what each of them may be wrong', () => {
  const with_ = (offsetMs: number) => judge('unsynchronized', heard('http', 0), heard('router', offsetMs)).trusted
  assert.deepEqual([with_(2_500), with_(2_501), with_(-2_500), with_(-2_501)], [true, false, true, false])
})

test('two who say the same against the clock make it uncertain, also where nothing else speaks against it', () => {
  const { trusted, reason } = judge('unknown', heard('http', 90_000), heard('router', 90_400))
  assert.deepEqual([trusted, reason], [false, 'M-PESA and the router say that the clock is 90 s behind'])
  assert.equal(judge('unknown', heard('http', -HOUR_MS), heard('router', -HOUR_MS)).trusted, false)
  assert.equal(judge('unknown', heard('http', 90_000), heard('router', 0)).trusted, true)
  assert.equal(judge('unknown', heard('http', 90_000), heard('router', -90_000)).trusted, true)
  assert.equal(judge('unknown', heard('http', 90_000)).trusted, true)
})

test('what the cloud said may have been long on its way, so it never says that the clock is ahead', () => {
  assert.equal(judge('unknown', heard('cloud', -HOUR_MS), heard('http', -HOUR_MS)).trusted, true)
  assert.equal(judge('unknown', heard('cloud', HOUR_MS), heard('http', HOUR_MS)).trusted, false)
})

test('the network’s word counts before all, and nobody talks a clock right that is behind what has happened', () => {
  assert.equal(judge('synchronized', heard('http', 90_000), heard('router', 90_000)).trusted, true)
  assert.equal(verdictOn('unknown', 1, 2, [heard('http', 0), heard('router', 0)]).trusted, false)
})

test('a word counts for an hour and until the next start, and moves with a clock that is set', (t) => {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const now = () => timesHeard(rooms.db, rooms.clock.nowMs())
  rooms.run(noteTime, heard('router', 86_400_000))
  rooms.run(noteTime, heard('router', 86_400_500))
  assert.deepEqual(now(), [heard('router', 86_400_500)])
  rooms.clock.step(86_400_000)
  rooms.run(followClockStep, { byMs: 86_400_000 })
  assert.deepEqual(now(), [heard('router', 500)])
  rooms.clock.step(HOUR_MS + 1)
  assert.deepEqual(now(), [])
  rooms.run(noteTime, heard('http', 0))
  rooms.clock.step(1)
  rooms.restart()
  assert.deepEqual(now(), [])
})
