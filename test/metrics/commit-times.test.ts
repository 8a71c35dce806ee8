import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCommitTimes } from '../../src/metrics/commit-times.ts'
import { openGaugeBoard, readGauges } from '../../src/metrics/gauges.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

test('how long the disk takes to promise something is told every minute, and a quiet minute tells nothing', () => {
  const board = openGaugeBoard()
  const clock = new SteppedClock()
  const times = openCommitTimes(board, clock)
  for (let at = 0; at < 98; at++) times.note(10)
  times.note(400)
  times.note(400)
  clock.step(59_000)
  assert.equal(readGauges(board).commitP50Ms, null)
  clock.step(1_000)
  const { commitP50Ms, commitP99Ms } = readGauges(board)
  assert.ok(Math.abs((commitP50Ms ?? 0) - 10) < 0.1, `${commitP50Ms}`)
  assert.ok(Math.abs((commitP99Ms ?? 0) - 400) < 4, `${commitP99Ms}`)
  clock.step(60_000)
  assert.equal(readGauges(board).commitP50Ms, null)
  times.stop()
})
