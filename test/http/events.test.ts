import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'
import { readEvents } from './event-reader.ts'

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
