import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import * as z from 'zod'
import { type ClockWork, openClockWork } from '../../src/flow/clock-work.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { openLog } from '../../src/log.ts'
import { gate } from './house.ts'

const log = openLog('silent', {})
const job = (schedule?: string, catchUp: 'once' | 'skip' = 'once') => ({
  catchUp,
  payload: z.looseObject({}),
  timeoutMs: 1_000,
  run: async () => done(),
  ...(schedule !== undefined && { schedule }),
})

interface Setup {
  clockWork: ClockWork
  ticks: [name: string, slotMs: number][]
  /** Whether the store takes ticks. */
  storing: boolean
  workers: Worker[]
  /** Resolves with why the work thread died. */
  death: Promise<string>
}

function setup(
  t: TestContext,
  {
    schedule = '0 3 * * *',
    catchUp = 'once',
    nowMs = () => Date.now(),
    code = 'setInterval(() => {}, 1e6)',
    told = () => {},
  }: {
    schedule?: string
    catchUp?: 'once' | 'skip'
    nowMs?: () => number
    code?: string
    told?: () => void
  },
) {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-clock-'))
  const path = join(directory, 'work.mjs')
  writeFileSync(path, code)
  const death = gate<string>()
  const launch = () => {
    const worker = new Worker(path)
    made.workers.push(worker)
    return worker
  }
  const made: Setup = {
    ticks: [],
    storing: true,
    workers: [],
    death: death.promise,
    clockWork: openClockWork({
      catalogue: { maintenance: { sweep: job(schedule, catchUp), mop: job() } },
      timeZone: 'Africa/Nairobi',
      log,
      nowMs,
      async tick(name, slotMs) {
        told()
        if (!made.storing) throw new Error('the disk is full')
        made.ticks.push([name, slotMs])
      },
      work: { launch, died: death.resolve },
    }),
  }
  t.after(async () => {
    await made.clockWork.stop()
    await Promise.all(made.workers.map((worker) => worker.terminate()))
    rmSync(directory, { recursive: true })
  })
  return made
}

test('a start tells the slot that an outage may have missed, once for all of them', async (t) => {
  const { clockWork, ticks } = setup(t, { nowMs: () => Date.parse('2026-03-04T10:17:42Z') })
  await clockWork.start()
  assert.deepEqual(ticks, [['sweep', Date.parse('2026-03-04T00:00:00Z')]])
})

test('a job that would come too late after an outage is not told of what it missed', async (t) => {
  const nowMs = () => Date.parse('2026-03-04T10:17:42Z')
  const { clockWork, ticks } = setup(t, { nowMs, catchUp: 'skip' })
  await clockWork.start()
  assert.equal(ticks.length, 0)
})

test('a slot that comes while the daemon starts has not been missed', async (t) => {
  const nowMs = () => Date.parse('2026-03-04T00:00:20Z')
  const { clockWork, ticks } = setup(t, { nowMs, catchUp: 'skip' })
  await clockWork.start()
  assert.deepEqual(ticks, [['sweep', Date.parse('2026-03-04T00:00:00Z')]])
})

test('a slot that could not be stored is told again', async (t) => {
  let now = '2026-03-04T10:17:42Z'
  const made = setup(t, { nowMs: () => Date.parse(now) })
  made.storing = false
  await made.clockWork.start()
  assert.equal(made.ticks.length, 0)
  made.storing = true
  now = '2026-03-04T10:18:42Z'
  await made.clockWork.realign()
  await made.clockWork.realign()
  assert.deepEqual(new Set(made.ticks.map(([, slotMs]) => slotMs)), new Set([Date.parse('2026-03-04T00:00:00Z')]))
})

test('a stop between a tick and its word is heard, and Bree is told nothing more', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-03-04T20:58:30Z') })
  const { clockWork, ticks } = setup(t, { schedule: '* * * * *' })
  await clockWork.start()
  t.mock.timers.tick(60_000)
  const stopped = clockWork.stop()
  for (let looks = 0; looks < 40; looks++) {
    t.mock.timers.tick(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.mock.timers.reset()
  await stopped
  assert.equal(ticks.length, 1)
})

test('a stop in the middle of a tick does not hang', async (t) => {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-03-04T20:58:30Z') })
  const stopped = gate<void>()
  let started = false
  const { clockWork, ticks } = setup(t, {
    schedule: '* * * * *',
    told: () => {
      if (started) clockWork.stop().then(stopped.resolve)
    },
  })
  await clockWork.start()
  started = true
  t.mock.timers.tick(60_000)
  for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  // Bree looks every so often whether a run has ended.
  for (let looks = 0; looks < 40; looks++) {
    t.mock.timers.tick(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  t.mock.timers.reset()
  await stopped.promise
  assert.equal(ticks.length, 2)
})

test('a slot that begins is told by its own time, though the timer came early', async (t) => {
  const { clockWork, ticks } = setup(t, { nowMs: () => Date.parse('2026-03-03T23:59:59.900Z') })
  await clockWork.start()
  assert.deepEqual(ticks, [['sweep', Date.parse('2026-03-04T00:00:00Z')]])
})

test('Bree tells each minute as it begins', async (t) => {
  // A minute before midnight in Nairobi; Bree arms its timers by Date and setTimeout.
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: Date.parse('2026-03-04T20:58:30Z') })
  const { clockWork, ticks } = setup(t, { schedule: '* * * * *' })
  await clockWork.start()
  for (let minute = 0; minute < 2; minute++) {
    t.mock.timers.tick(60_000)
    // The stand-in of a run speaks and ends in the next turns of the loop.
    for (let turns = 0; turns < 3; turns++) await new Promise((resolve) => setImmediate(resolve))
  }
  t.mock.timers.reset()
  assert.deepEqual(
    ticks.map(([, slotMs]) => new Date(slotMs).toISOString().slice(11, 16)),
    ['20:58', '20:59', '21:00'],
  )
})

test('a clock that was set is followed at once, and told its slot', async (t) => {
  let now = '2026-03-04T10:17:42Z'
  const { clockWork, ticks } = setup(t, { nowMs: () => Date.parse(now) })
  await clockWork.start()
  now = '2026-03-09T10:00:00Z'
  await clockWork.realign()
  assert.deepEqual(
    ticks.map(([, slotMs]) => new Date(slotMs).toISOString().slice(0, 10)),
    ['2026-03-04', '2026-03-09'],
  )
})

test('after a stop no slot is told and no thread started', async (t) => {
  const { clockWork, ticks, workers } = setup(t, {})
  await clockWork.start()
  await clockWork.stop()
  await clockWork.stop()
  await clockWork.realign()
  await clockWork.restartWork()
  assert.equal(ticks.length, 1)
  assert.equal(workers.length, 1)
})

test('the work thread lives as long as the daemon; when it dies that is told, and another can be started', async (t) => {
  const { clockWork, workers, death } = setup(t, {
    code: `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(3))`,
  })
  await clockWork.start()
  const [first] = workers
  await once(first as Worker, 'online')
  first?.postMessage('die')
  assert.equal(await death, 'the work thread ended with code 3')
  await clockWork.restartWork()
  assert.equal(workers.length, 2)
  await once(workers[1] as Worker, 'online')
})

test('a schedule that cannot be read stops the start', (t) => {
  assert.throws(() => setup(t, { schedule: 'at noon' }), { code: 'schedule-invalid' })
})
