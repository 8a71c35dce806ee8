import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { grantOf } from '../../src/access/grant-table.ts'
import { createVouchers, normaliseVoucherCode, redeemVoucher } from '../../src/billing/vouchers.ts'
import { MAC } from './purchase.ts'
import { openRooms, type Rooms } from './rooms.ts'

const OTHER = '02:00:00:00:00:99'

describe('vouchers', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  function make(count = 1, change: { prefix?: string; expiresAtMs?: number | null } = {}): string[] {
    const input = { packageId: rooms.addPackage(), count, prefix: '', expiresAtMs: null, note: '', ...change }
    const batch = rooms.run(createVouchers, input)
    assert.ok(batch.outcome === 'created')
    return batch.codes
  }
  const redeem = (code = '', macAddress: string | null = MAC) => rooms.run(redeemVoucher, { code, macAddress })

  it('are ten digits each, all different, with the batch’s prefix', () => {
    const codes = make(200, { prefix: 'CAFE' })
    assert.equal(new Set(codes).size, 200)
    for (const code of codes) assert.match(code, /^CAFE\d{10}$/)
    assert.equal(
      rooms.run(createVouchers, { packageId: 999, count: 1, prefix: '', expiresAtMs: null, note: '' }).outcome,
      'unknown-package',
    )
  })

  it('open one grant', () => {
    const [code] = make()
    const outcome = redeem(code)
    assert.ok(outcome.outcome === 'redeemed')
    const grant = grantOf(rooms.db, 'voucher', String(rooms.value('SELECT id FROM vouchers')))
    assert.equal(grant?.id, outcome.grantId)
    assert.equal(grant?.macAddress, MAC)
    assert.equal(rooms.facts('voucher.redeemed').length, 1)
  })

  it('give the same device the same grant again, and another one nothing', () => {
    const [code] = make()
    const first = redeem(code)
    const before = rooms.snapshot()
    assert.deepEqual(redeem(code), { ...first, outcome: 'redeemed-before' })
    assert.deepEqual(redeem(code, OTHER), { outcome: 'used' })
    assert.deepEqual(redeem(code, null), { outcome: 'used' })
    assert.deepEqual(rooms.snapshot(), before)
  })

  it('that no device redeemed are used for everybody', () => {
    const [code] = make()
    assert.equal(redeem(code, null).outcome, 'redeemed')
    assert.equal(redeem(code, null).outcome, 'used')
  })

  it('can be redeemed up to their day, and not after; what is redeemed runs on', () => {
    const untilMs = rooms.clock.nowMs() + 1000
    const [early, late] = make(2, { expiresAtMs: untilMs })
    rooms.clock.step(999)
    assert.equal(redeem(early).outcome, 'redeemed')
    rooms.clock.step(1)
    assert.equal(redeem(late).outcome, 'expired')
    assert.equal(redeem(early).outcome, 'redeemed-before')
    assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
  })

  it('that were withdrawn open nothing', () => {
    const [code] = make()
    rooms.db.prepare("UPDATE vouchers SET state = 'revoked'").run()
    assert.deepEqual(redeem(code), { outcome: 'revoked' })
  })

  it('that do not exist open nothing', () => {
    make()
    for (const code of ['', '0', '----', 'x'.repeat(40)]) assert.deepEqual(redeem(code), { outcome: 'unknown' })
  })

  it('are read as people write them', () => {
    assert.equal(normaliseVoucherCode(' 4821 093-755 '), '4821093755')
    assert.equal(normaliseVoucherCode('cafe.4821\u00a0093_755'), 'CAFE4821093755')
    const [code = ''] = make(1, { prefix: 'CAFE' })
    assert.equal(redeem(` ${code.toLowerCase().replace(/(.{4})/g, '$1 - ')}`).outcome, 'redeemed')
  })
})
