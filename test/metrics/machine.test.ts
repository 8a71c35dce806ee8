import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openGaugeBoard, readGauges, setGauges } from '../../src/metrics/gauges.ts'
import { openMachineProbe } from '../../src/metrics/machine.ts'

function setup(t: TestContext, system: Record<string, string> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-metrics-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  for (const [name, text] of Object.entries(system)) {
    const file = join(dataDir, 'system', name)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, text)
  }
  const databaseFile = join(dataDir, 'mlango.db')
  writeFileSync(databaseFile, 'x'.repeat(5_000))
  writeFileSync(`${databaseFile}-wal`, 'x'.repeat(700))
  return { dataDir, probe: openMachineProbe({ databaseFile, dataDir, system: join(dataDir, 'system') }) }
}

test('the box is measured: processor, memory, disk, database', (t) => {
  const { dataDir, probe } = setup(t, { 'proc/meminfo': 'MemTotal:  900000 kB\nMemAvailable:  123456 kB\n' })
  probe()
  const busyUntilMs = performance.now() + 200
  while (performance.now() < busyUntilMs);
  const sample = probe()
  assert.ok((sample.cpuPercent ?? 0) > 1 && (sample.cpuPercent ?? 0) <= 100, `${sample.cpuPercent} %`)
  assert.ok(sample.daemonCpuPercent > 10, `${sample.daemonCpuPercent} %`)
  assert.equal(sample.memoryAvailableBytes, 123_456 * 1024)
  assert.ok(sample.rssBytes > 10_000_000 && sample.memoryTotalBytes > sample.rssBytes)
  const { blocks, bsize } = statfsSync(dataDir)
  assert.equal(sample.diskTotalBytes, blocks * bsize)
  assert.ok(sample.diskFreeBytes > 0 && sample.diskFreeBytes < sample.diskTotalBytes)
  assert.deepEqual([sample.databaseBytes, sample.walBytes], [5_000, 700])
  assert.ok(sample.uptimeSeconds > 0)
})

test('the temperature is that of the hottest sensor that works', (t) => {
  const zone = (number: number) => `sys/class/thermal/thermal_zone${number}/temp`
  const { probe } = setup(t, { [zone(0)]: '48312\n', [zone(1)]: '61857\n', [zone(2)]: '-274000\n', [zone(3)]: 'off' })
  assert.equal(probe().temperatureCelsius, 61.9)
})

test('what the box does not show is unknown, not zero', (t) => {
  assert.equal(setup(t).probe().temperatureCelsius, null)
  assert.equal(setup(t).probe().memoryAvailableBytes, null)
})

test('a gauge that nobody has measured yet is null, not zero', () => {
  const board = openGaugeBoard()
  assert.deepEqual(readGauges(board), {
    loopDelayP50Ms: null,
    loopDelayP99Ms: null,
    commitP50Ms: null,
    commitP99Ms: null,
  })
  setGauges(board, { commitP50Ms: 11.256, loopDelayP50Ms: 0 })
  assert.deepEqual(readGauges(board), {
    loopDelayP50Ms: 0,
    loopDelayP99Ms: null,
    commitP50Ms: 11.26,
    commitP99Ms: null,
  })
  setGauges(board, { commitP50Ms: null })
  assert.equal(readGauges(board).commitP50Ms, null)
})
