import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  newestSystemSample,
  pruneSystemMetrics,
  recordSystemMetrics,
  type SystemSample,
} from '../../src/metrics/system-metrics.ts'
import { House } from '../flow/house.ts'

const sample = (cpuPercent: number): SystemSample => ({
  cpuPercent,
  daemonCpuPercent: 3,
  load1: 0.5,
  memoryTotalBytes: 1e9,
  memoryAvailableBytes: 5e8,
  rssBytes: 1e8,
  diskTotalBytes: 1e10,
  diskFreeBytes: 5e9,
  databaseBytes: 1e6,
  walBytes: 0,
  temperatureCelsius: null,
  uptimeSeconds: 60,
  loopDelayP50Ms: 0,
  loopDelayP99Ms: 1,
  commitP50Ms: 12,
  commitP99Ms: 40,
  jobsReady: 0,
  jobsRunning: 1,
  jobsFailed: 0,
  oldestReadyMs: null,
  jobsPerSecond: 0.1,
})

const commands = [recordSystemMetrics, pruneSystemMetrics]
const rows = (house: House) => house.db.prepare('SELECT count(*) FROM system_metrics').pluck().get()

test('every minute is looked at, every five minutes are kept', async (t) => {
  const house = new House({ commands })
  t.after(() => house.close())
  await house.pass(300_000 - (house.clock.nowMs() % 300_000))
  for (let minute = 0; minute < 12; minute++) {
    await house.run(recordSystemMetrics, sample(minute))
    await house.pass(60_000)
  }
  assert.equal(rows(house), 3)
  assert.equal(newestSystemSample(house.db)?.cpuPercent, 11)
  assert.deepEqual(house.facts, [], 'nothing of it is a fact')
})

test('after the clock was wrong the newest sample is the one that came last', async (t) => {
  const house = new House({ commands })
  t.after(() => house.close())
  house.db.exec(`INSERT INTO system_metrics (at_ms, sample) VALUES (9e12, '{"cpuPercent":99}')`)
  await house.run(recordSystemMetrics, sample(7))
  assert.equal(newestSystemSample(house.db)?.cpuPercent, 7)
})

test('thirty days are kept, by number and not by the clock', async (t) => {
  const house = new House({ commands })
  t.after(() => house.close())
  house.db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8700)
    INSERT INTO system_metrics (at_ms, sample) SELECT 9000 - i, '{}' FROM n`)
  assert.equal(await house.run(pruneSystemMetrics, { limit: 50 }), 50)
  assert.equal(await house.run(pruneSystemMetrics, { limit: 50 }), 10)
  assert.equal(rows(house), 8640)
  assert.equal(house.db.prepare('SELECT min(id) FROM system_metrics').pluck().get(), 61)
})
