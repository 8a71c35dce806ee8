import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { deliverPayment } from '../../../src/billing/deliver.ts'
import { grantPageOf } from '../../../src/http/portal/grant-address.ts'
import { openStay } from '../../access/stay.ts'
import { openPurchase } from '../../billing/purchase.ts'
import { openDesk } from '../desk.ts'

const MAC = 'AA:BB:CC:DD:EE:FF'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

function setup(t: TestContext) {
  const desk = openDesk(t)
  const post = (path: string, body: string, from: string) => desk.ask(null, 'POST', path, body, { headers: FORM, from })
  const askedFrom = () => desk.rooms.value('SELECT asked_from FROM grants WHERE mac_address = ?', MAC)
  return { ...desk, post, askedFrom }
}

test('of whatever names a device it is kept from where, for its router to vouch', async (t) => {
  const { ask, rooms, post, askedFrom } = setup(t)
  const packageId = rooms.addPackage()
  await post('/pay', `mac=${MAC}&phone=0700000600&package=${packageId}`, '10.5.50.7')
  assert.equal(rooms.value('SELECT asked_from FROM payments'), '10.5.50.7')

  const purchase = openPurchase(rooms, { packageId, macAddress: MAC, askedFrom: '10.5.50.8' })
  purchase.prompted().paid()
  rooms.run(deliverPayment, { paymentId: purchase.paymentId })
  assert.equal(askedFrom(), '10.5.50.8')

  await post('/code', `mac=${MAC}&code=${purchase.receipt}&move=1`, '10.5.50.9')
  assert.equal(askedFrom(), '10.5.50.9')

  const batch = await ask('cashier', 'POST', '/api/vouchers', { package_id: packageId, count: 1 })
  await post('/code', `mac=AA:BB:CC:DD:EE:00&code=${batch.body.codes[0]}`, '10.5.50.10')
  const ofVoucher = "SELECT asked_from FROM grants WHERE mac_address = 'AA:BB:CC:DD:EE:00'"
  assert.equal(rooms.value(ofVoucher), '10.5.50.10')
})

test('an access that is moved again and again stays where it is', async (t) => {
  const { rooms, house, post, askedFrom } = setup(t)
  const { grantId } = openStay(rooms, { macAddress: MAC })
  const { pathname } = new URL(grantPageOf(house, grantId, { language: 'en' }), 'http://portal')
  const connect = (number: number) =>
    post(`${pathname}/connect`, `mac=AA:BB:CC:DD:EE:${String(number).padStart(2, '0')}`, '10.5.50.7')
  const device = () => rooms.value('SELECT mac_address FROM grants')
  for (let number = 1; number <= 10; number++) {
    assert.match((await connect(number)).headers.get('location') ?? '', /&asked=/)
  }
  assert.equal(device(), 'AA:BB:CC:DD:EE:10')
  const { status, headers } = await connect(11)
  assert.deepEqual([status, headers.get('location')?.includes('asked=')], [303, false])
  assert.equal(device(), 'AA:BB:CC:DD:EE:10')
  rooms.clock.step(600_000)
  await post(`${pathname}/connect`, `mac=${MAC}`, '10.5.50.7')
  assert.deepEqual([device(), askedFrom()], [MAC, '10.5.50.7'])
})
