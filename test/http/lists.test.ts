import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordAudit } from '../../src/staff/staff.ts'
import { openStay } from '../access/stay.ts'
import { openPurchase } from '../billing/purchase.ts'
import { type Desk, openDesk } from './desk.ts'

/** Every list that comes in pages, and how it gets five items. */
const lists: Record<string, (desk: Desk) => unknown> = {
  '/api/payments': ({ rooms }) => openPurchase(rooms),
  '/api/grants': ({ rooms }) => openStay(rooms),
  '/api/sessions': ({ rooms }) => openStay(rooms).account({ status: 'start' }),
  '/api/vouchers': (desk) =>
    desk.ask('admin', 'POST', '/api/vouchers', { package_id: desk.rooms.addPackage(), count: 1 }),
  '/api/audit': ({ rooms }) => rooms.run(recordAudit, { actor: 'amina', action: 'test', subject: '' }),
}

const idOf = (item: Record<string, unknown>) => item.id ?? item.payment_id ?? item.batch_id

for (const [path, add] of Object.entries(lists)) {
  test(`${path} comes in pages that hold everything once, newest first`, async (t) => {
    const desk = openDesk(t)
    for (let item = 0; item < 5; item++) {
      // The second and third are of the same moment.
      if (item !== 2) desk.rooms.clock.step(1000)
      await add(desk)
    }
    const whole = (await desk.ask('admin', 'GET', path)).body
    assert.equal(whole.next_cursor, null)
    const paged: unknown[] = []
    let pages = 0
    for (let cursor: string | null = ''; cursor !== null; pages++) {
      const { body } = await desk.ask('admin', 'GET', `${path}?limit=2${cursor && `&cursor=${cursor}`}`)
      assert.ok(body.items.length <= 2)
      paged.push(...body.items.map(idOf))
      cursor = body.next_cursor
    }
    assert.deepEqual(paged, whole.items.map(idOf))
    assert.equal(new Set(paged).size, paged.length)
    assert.equal(pages, Math.ceil(paged.length / 2))
    assert.ok(paged.length >= 5)
  })

  for (const query of [
    'page=2',
    'limit=0',
    'limit=201',
    'limit=two',
    'limit=1.5',
    'cursor=nonsense',
    'cursor=1.2.3',
    "cursor='",
  ]) {
    test(`${path}?${query} is refused and named`, async (t) => {
      const { ask } = openDesk(t)
      const { status, body } = await ask('admin', 'GET', `${path}?${query}`)
      assert.deepEqual([status, body.errors[0].field], [422, query.split('=')[0]])
    })
  }
}

test('a list of grants or sessions can be cut to those that go on', async (t) => {
  const { ask, rooms } = openDesk(t)
  const [ended, running] = [openStay(rooms), openStay(rooms)]
  ended.account({ status: 'start' })
  ended.account({ status: 'stop' })
  running.account({ status: 'start' })
  await ask('admin', 'DELETE', `/api/grants/${ended.grantId}`)
  const grants = await ask('viewer', 'GET', '/api/grants?running=true')
  assert.deepEqual(grants.body.items.map(idOf), [running.grantId])
  const sessions = await ask('viewer', 'GET', '/api/sessions?open=true')
  assert.deepEqual(
    sessions.body.items.map(({ grant_id }: { grant_id: string }) => grant_id),
    [running.grantId],
  )
  assert.equal((await ask('viewer', 'GET', '/api/sessions?open=perhaps')).status, 422)
})

test('a list of payments can be cut to a state, a phone and a time, and still comes in pages', async (t) => {
  const { ask, rooms } = openDesk(t)
  const [phoneNumber, otherPhone] = ['254712000001', '254712000002']
  const times: string[] = []
  const buy = (phone: string) => {
    rooms.clock.step(1000)
    times.push(new Date(rooms.clock.nowMs()).toISOString())
    return openPurchase(rooms, { phoneNumber: phone })
  }
  const first = buy(phoneNumber).prompted()
  first.failed()
  const paid = buy(otherPhone).prompted()
  paid.paid()
  const second = buy(phoneNumber).prompted()
  second.failed()
  const listed = async (query: string) => (await ask('viewer', 'GET', `/api/payments?${query}`)).body.items.map(idOf)

  assert.deepEqual(await listed('state=paid'), [paid.paymentId])
  assert.deepEqual(await listed('state=review'), [])
  for (const typed of ['0712000001', '%2B254712000001', '+254712000001'])
    assert.deepEqual(await listed(`phone_number=${typed}`), [second.paymentId, first.paymentId])
  assert.deepEqual(await listed(`from=${times[1]}`), [second.paymentId, paid.paymentId])
  assert.deepEqual(await listed(`to=${times[1]}`), [first.paymentId], 'what is of that very moment is not before it')
  assert.deepEqual(await listed(`from=${times[1]}&to=${times[2]}&phone_number=${phoneNumber}`), [])

  const declined = 'state=declined&limit=1'
  const { body } = await ask('viewer', 'GET', `/api/payments?${declined}`)
  assert.deepEqual(body.items.map(idOf), [second.paymentId])
  assert.deepEqual(await listed(`${declined}&cursor=${body.next_cursor}`), [first.paymentId])

  for (const [query, field] of [
    ['state=lost', 'state'],
    ['state=PAID', 'state'],
    ['phone_number=12', 'phone_number'],
    ['from=yesterday', 'from'],
    ['to=2026-11-24', 'to'],
    ['phone=0712000001', 'phone'],
  ]) {
    const refused = await ask('viewer', 'GET', `/api/payments?${query}`)
    assert.deepEqual([refused.status, refused.body.errors[0].field], [422, field], query)
  }
})
