import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'
import { readEvents } from './event-reader.ts'

const LIVE_DATA = {
  routerId: 1,
  atMs: 1_800_000_000_000,
  identity: 'Tower 1',
  version: null,
  model: null,
  uptimeSeconds: 60,
  cpuPercent: 3,
  freeMemoryBytes: null,
  totalMemoryBytes: null,
  freeDiskBytes: null,
  totalDiskBytes: null,
  activeUsers: 7,
  leases: 9,
  hasDefaultRoute: true,
  uplink: 'ether1',
  interfaces: [{ name: 'ether1', type: 'ether', running: true, rxBytes: 1, txBytes: 2 }],
  health: [],
}

function setup(t: Parameters<typeof openDesk>[0]) {
  const desk = openDesk(t)
  async function follow(lastEventId?: string) {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }
    const response = await desk.request('viewer', 'GET', '/api/events', undefined, { headers })
    assert.equal(response.status, 200)
    const events = readEvents(response)
    t.after(() => events.close())
    return { ...events, headers: response.headers }
  }
  return { ...desk, follow }
}

test('facts come as they are recorded, in the envelope that the cloud gets', async (t) => {
  const { rooms, follow, house } = setup(t)
  rooms.addRouter({ name: 'before' })
  const events = await follow()
  assert.match(events.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(events.headers.get('cache-control'), 'no-store')
  rooms.addRouter({ name: 'Tower 1' })
  const { id, event, data } = await events.next()
  assert.deepEqual([id, event], ['2', 'router.registered'])
  assert.deepEqual(
    { ...data, id: '' },
    {
      id: '',
      seq: 2,
      site: house.site.id,
      type: 'router.registered',
      time: new Date(rooms.clock.nowMs()).toISOString(),
      schema: 1,
      data: { router_id: 2, name: 'Tower 1' },
    },
  )
})

test('who comes back with the last number misses nothing and gets nothing twice', async (t) => {
  const { rooms, follow } = setup(t)
  for (let number = 1; number <= 1200; number++) rooms.addRouter()
  const events = await follow('3')
  for (let seq = 4; seq <= 1200; seq++) assert.equal((await events.next()).data.seq, seq)
  rooms.addRouter()
  assert.equal((await events.next()).data.seq, 1201)
})

for (const asked of ['999999', 'nonsense', '-1', '']) {
  test(`a number that was never given (${JSON.stringify(asked)}) starts from now`, async (t) => {
    const { rooms, follow } = setup(t)
    rooms.addRouter()
    const events = await follow(asked)
    rooms.addRouter()
    assert.equal((await events.next()).data.seq, 2)
  })
}

test('what live views look at comes between, without a number, and so changes nothing for who comes back', async (t) => {
  const { rooms, house, follow } = setup(t)
  const events = await follow('0')
  const session = { sessionId: 4, grantId: null, routerId: 1, username: 'guest' }
  rooms.addRouter({ name: 'Tower 1' })
  const recorded = await events.next()
  house.facts.publish([
    { type: 'payment.moved', data: { paymentId: 'inside only' } },
    { type: 'session.updated', data: { ...session, inputBytes: 10, outputBytes: 20, seconds: 30 } },
    { type: 'metrics.collected', data: { cpu_percent: 12, temperature: null } },
    { type: 'dashboard.stats_updated', data: { stats: { jobs_failed: 3 } } },
    { type: 'router.live_data_updated', data: LIVE_DATA },
  ])
  const told = [await events.next(), await events.next(), await events.next(), await events.next()]
  for (const { id, event, data } of told) {
    assert.equal(id, undefined)
    assert.deepEqual(
      { ...data, data: {} },
      { site: house.site.id, type: event, time: new Date(rooms.clock.nowMs()).toISOString(), schema: 1, data: {} },
    )
  }
  assert.deepEqual(
    told.slice(0, 3).map(({ data }) => data.data),
    [
      {
        session_id: 4,
        grant_id: null,
        router_id: 1,
        username: 'guest',
        input_bytes: 10,
        output_bytes: 20,
        seconds: 30,
      },
      { cpu_percent: 12, temperature: null },
      { jobs_failed: 3 },
    ],
  )
  const router = told[3]?.data.data
  assert.deepEqual([router.router_id, router.at, router.active_users], [1, '2027-01-15T08:00:00.000Z', 7])
  assert.deepEqual(router.interfaces, [{ name: 'ether1', type: 'ether', running: true, rx_bytes: 1, tx_bytes: 2 }])

  const again = await follow(recorded.id)
  rooms.addRouter()
  assert.equal((await again.next()).id, '2')
})

test('a status that cannot be read ends its stream, and is logged; nothing else falls', async (t) => {
  const { request, rooms, house, listeners, logLines } = setup(t)
  const { paymentId, token } = openPurchase(rooms)
  const events = readEvents(await request(null, 'GET', `/api/payments/${paymentId}/events?token=${token}`))
  t.after(() => events.close())
  await events.next()
  rooms.db.exec('ALTER TABLE payments RENAME TO payments_gone')
  house.facts.publish([{ type: 'payment.moved', data: { paymentId } }])
  await assert.rejects(events.next(), /ended/)
  await turn()
  assert.equal(listeners(), 0)
  assert.match(logLines.join(''), /a status could not be read/)
})

test('phone numbers and devices do not leave the house', async (t) => {
  const { rooms, follow } = setup(t)
  const events = await follow('0')
  const purchase = openPurchase(rooms).prompted()
  purchase.paid()
  const seen: string[] = []
  while (!seen.at(-1)?.includes('payment.completed')) seen.push(JSON.stringify(await events.next()))
  assert.ok(!seen.join('').includes(purchase.asked.phoneNumber))
  assert.ok(!seen.join('').includes(purchase.ids.checkoutRequestId))
})

test('who goes away is forgotten', async (t) => {
  const { listeners, follow } = setup(t)
  const [one, other] = [await follow(), await follow()]
  assert.equal(listeners(), 2)
  await one.close()
  await turn()
  assert.equal(listeners(), 1)
  await other.close()
  await turn()
  assert.equal(listeners(), 0)
})

test('asking only for the headers follows nothing', async (t) => {
  const { request, rooms, listeners } = setup(t)
  const { paymentId, token } = openPurchase(rooms)
  for (const path of ['/api/events', `/api/payments/${paymentId}/events?token=${token}`]) {
    assert.equal((await request('viewer', 'HEAD', path)).status, 200, path)
    await turn()
    assert.equal(listeners(), 0, path)
  }
})

test('a session that is signed out hears no more', async (t) => {
  const { ask, request, addOperator, rooms, listeners } = setup(t)
  await addOperator('amina')
  const opened = await ask(null, 'POST', '/api/session', { username: 'amina', password: 'a long enough password' })
  const headers = { Cookie: (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
  const events = readEvents(await request(null, 'GET', '/api/events', undefined, { headers }))
  t.after(() => events.close())
  await ask(null, 'DELETE', '/api/session', undefined, { headers })
  rooms.clock.step(15_000)
  await turn()
  assert.equal(listeners(), 0)
  rooms.addRouter()
  await assert.rejects(events.next(), /ended/)
})

test('the status of a payment comes whole at every change, and again to who comes back', async (t) => {
  const { request, rooms } = setup(t)
  const purchase = openPurchase(rooms)
  const path = `/api/payments/${purchase.paymentId}/events?token=${purchase.token}`
  const events = readEvents(await request(null, 'GET', path))
  t.after(() => events.close())
  assert.equal((await events.next()).data.status, 'created')
  purchase.prompted()
  const prompted = await events.next()
  assert.deepEqual([prompted.event, prompted.data.status], ['status', 'prompted'])
  purchase.paid()
  const paid = await events.next()
  assert.equal(paid.data.status, 'paid')
  assert.deepEqual(Object.keys(paid.data), Object.keys(prompted.data))

  const headers = { 'Last-Event-ID': paid.id ?? '' }
  const again = readEvents(await request(null, 'GET', path, undefined, { headers }))
  t.after(() => again.close())
  assert.equal((await again.next()).data.status, 'paid')
})
