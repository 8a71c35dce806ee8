import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { grantOf } from '../../src/access/grant-table.ts'
import { termsOfGrant } from '../../src/access/network-terms.ts'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { type PackageTerms, setPackageTerms, termsOfPackage } from '../../src/billing/package-terms.ts'
import { openPurchase } from './purchase.ts'
import { openRooms, type Rooms } from './rooms.ts'

const TERMS: PackageTerms = {
  ...{ pausable: true, pausesOffline: true },
  ...{ burstDownKbps: 8000, burstUpKbps: 4000, burstSeconds: 10, idleTimeoutSeconds: 600 },
  ...{ fairUseBytes: 1_000_000_000, fairUseDownKbps: 512, fairUseUpKbps: 256 },
  ...{ framedPool: 'homes', routerGroup: null, addressList: 'paid' },
  ...{ graceRouterGroup: null, graceAddressList: 'late', suspendedRouterGroup: 'walled', suspendedAddressList: null },
}

describe('a package’s terms', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  function sell(packageId: number) {
    const purchase = openPurchase(rooms, { packageId }).prompted()
    purchase.paid()
    rooms.run(deliverPayment, { paymentId: purchase.paymentId })
    return grantOf(rooms.db, 'payment', purchase.paymentId)
  }

  it('go with what is sold, and stay with it when the package changes', () => {
    const packageId = rooms.addPackage()
    assert.equal(rooms.run(setPackageTerms, { packageId, terms: TERMS }), 'set')
    const grant = sell(packageId)
    rooms.run(setPackageTerms, { packageId, terms: { ...TERMS, pausable: false, fairUseBytes: null } })
    assert.equal(grant?.pausable, 1)
    assert.equal(grant?.pausesOffline, 1)
    const sold = termsOfGrant(rooms.db, grant?.id ?? '')
    const { pausable, pausesOffline, ...terms } = TERMS
    assert.deepEqual(sold, { ...terms, throttledAtMs: null })
  })

  it('are none unless somebody sets them', () => {
    const packageId = rooms.addPackage()
    assert.equal(termsOfPackage(rooms.db, packageId).pausable, false)
    const grant = sell(packageId)
    assert.equal(grant?.pausable, 0)
    assert.equal(grant?.pausesOffline, 0)
    assert.equal(termsOfGrant(rooms.db, grant?.id ?? ''), undefined)
    assert.equal(rooms.run(setPackageTerms, { packageId: 999, terms: TERMS }), 'unknown')
  })
})
