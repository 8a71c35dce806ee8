import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHotspotUser } from '../../jobs/hotspot-provisioning/create-hotspot-user.ts'
import { grantOf } from '../../src/access/grant-table.ts'
import { requestPayment } from '../../src/billing/request-payment.ts'
import { openStay } from '../access/stay.ts'
import { MAC, PHONE } from '../billing/purchase.ts'
import { type JobHouse, openJobHouse } from './job-house.ts'

const OTHER = '02:00:00:00:00:99'

function giveTrial(house: JobHouse, routerId: number) {
  const outcome = house.run(requestPayment, {
    ...{ phoneNumber: PHONE, packageId: house.addPackage({ priceCents: 0 }), macAddress: MAC, routerId },
    ...{ clientKey: null, timeZone: 'Africa/Nairobi' },
  })
  assert.ok(outcome.outcome === 'requested')
  const grant = grantOf(house.db, 'payment', outcome.paymentId)
  assert.ok(grant)
  return grant
}

test('a trial’s code is worth nothing on another device, also where the router knows its users itself', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  const { id: grantId, username, password } = giveTrial(house, routerId)
  assert.equal((await house.runJob(createHotspotUser, { grantId })).kind, 'done')
  for (const device of [MAC, OTHER]) simulator.join(device)
  assert.equal((await simulator.logInByForm(OTHER, { username, password })).ok, false)
  assert.equal((await simulator.logInByForm(MAC, { username, password })).ok, true)
})

test('a trial that was asked for in the name of a device which is online leaves its session alone', async (t) => {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter({ accessMode: 'local' })
  simulator.join(MAC)
  const paying = openStay(house, { routerId })
  await house.runJob(createHotspotUser, { grantId: paying.grantId })
  paying.account({ status: 'start' })
  const trial = giveTrial(house, routerId)
  assert.equal((await house.runJob(createHotspotUser, { grantId: trial.id })).kind, 'done')
  assert.equal(simulator.isOnline(MAC), true)
  assert.deepEqual(house.facts('session.expired'), [])
  assert.equal(paying.sessions()[0]?.stopped_at_ms, null)
})
