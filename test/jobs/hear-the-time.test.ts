import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { hearTheTime } from '../../jobs/maintenance/hear-the-time.ts'
import { checkRouters } from '../../jobs/router-monitoring/check-routers.ts'
import { timesHeard } from '../../src/flow/clock-evidence.ts'
import { timeAt } from '../../src/http-date.ts'
import { routerTime } from '../../src/routers/watch/router-clock.ts'
import { openJobHouse } from './job-house.ts'

test('routers whose clock the network has set, and a server, are asked what time it is', async (t) => {
  const house = openJobHouse(t)
  const { simulator } = await house.openRouter({}, { clock: house.clock })
  await house.runJob(checkRouters, {})
  const heard = () => timesHeard(house.db, house.clock.nowMs())
  await house.runJob(hearTheTime, {})
  assert.deepEqual(heard(), [])

  Object.assign(simulator.ownClock, { synchronized: true, offMs: 90_000 })
  const server = async () => house.clock.nowMs() - 7_000
  house.services.timeOf.server = server
  await house.runJob(hearTheTime, {})
  assert.deepEqual(heard(), [
    { teller: 'http', offsetMs: -6_500, errorMs: 500 },
    { teller: 'router', offsetMs: 90_500, errorMs: 500 },
  ])
})

test('nobody is asked while the network keeps the clock', async (t) => {
  const house = openJobHouse(t)
  const server = () => Promise.reject(new Error('it was asked'))
  Object.assign(house.services.timeOf, { isNetworkTime: () => true, server })
  await house.runJob(hearTheTime, {})
  assert.equal(house.value('SELECT count(*) FROM clock_evidence'), 0)
})

test('a router’s date is read as its release writes it', () => {
  const time = { time: '14:05:09', 'gmt-offset': '+03:00' }
  const atMs = Date.UTC(2026, 10, 24, 11, 5, 9)
  assert.equal(routerTime({ ...time, date: '2026-11-24' }), atMs)
  assert.equal(routerTime({ ...time, date: 'nov/24/2026' }), atMs)
  for (const odd of [{ ...time, date: 'foo/24/2026' }, { ...time, date: '' }, { date: '2026-11-24' }, undefined]) {
    assert.equal(routerTime(odd), undefined)
  }
})

test('the time in an answer is read from its Date, and nothing from nobody', async (t) => {
  const server = createServer((_request, response) => response.setHeader('Date', 'Tue, 24 Nov 2026 11:05:09 GMT').end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.equal(await timeAt(url), Date.UTC(2026, 10, 24, 11, 5, 9))
  await new Promise((resolve) => server.close(resolve))
  t.after(() => server.closeAllConnections())
  assert.equal(await timeAt(url), undefined)
})
