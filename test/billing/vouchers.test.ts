import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { grantOf } from '../../src/access/grant-table.ts'
import {
  createVouchers,
  normaliseVoucherCode,
  redeemSignedVoucher,
  redeemVoucher,
  revokeVouchers,
} from '../../src/billing/vouchers.ts'
import { isWhole } from '../../src/check-digit.ts'
import {
  looksSigned,
  makeVoucherKeys,
  openPublicVoucherKey,
  openVoucherKey,
  readSignedVoucher,
  type SignedVoucher,
  signVoucher,
} from '../../src/signed-voucher.ts'
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
    for (const code of codes) {
      assert.match(code, /^CAFE\d{10}$/)
      assert.ok(isWhole(code.slice(4)))
    }
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

  it('of one batch on a device that the network knows extend one grant, and name it', () => {
    const [first, second = '', third = ''] = make(3)
    const opened = redeem(first)
    assert.ok('grantId' in opened)
    for (const code of [second, third]) {
      assert.deepEqual(rooms.run(redeemVoucher, { code, macAddress: MAC, deviceIsKnown: true }), opened)
    }
    assert.deepEqual(rooms.rows('SELECT DISTINCT grant_id FROM vouchers'), [{ grant_id: opened.grantId }])
    assert.deepEqual(redeem(third), { ...opened, outcome: 'redeemed-before' })
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

  it('that were withdrawn open nothing; one that is in use loses its access', () => {
    const [code = '', used = ''] = make(2)
    redeem(used, OTHER)
    assert.deepEqual(rooms.run(revokeVouchers, { code }), { outcome: 'revoked', unused: 1, used: 0 })
    assert.deepEqual(redeem(code), { outcome: 'revoked' })
    assert.deepEqual(rooms.run(revokeVouchers, { code: used }), { outcome: 'revoked', unused: 0, used: 1 })
    assert.equal(rooms.value('SELECT end_reason FROM grants'), 'revoked')
    assert.deepEqual(rooms.run(revokeVouchers, { code: '123' }), { outcome: 'unknown' })
  })

  it('of a batch are withdrawn together, as far as nobody uses them', () => {
    const [first, second] = make(2)
    redeem(first)
    const batchId = rooms.value('SELECT id FROM voucher_batches') as string
    assert.deepEqual(rooms.run(revokeVouchers, { batchId }), { outcome: 'revoked', unused: 1, used: 0 })
    assert.deepEqual(redeem(second), { outcome: 'revoked' })
    assert.equal(redeem(first).outcome, 'redeemed-before')
  })

  it('show every wrong digit and every swap of neighbours', () => {
    const [code = ''] = make()
    for (let at = 0; at < code.length; at++) {
      for (const digit of '0123456789') {
        const wrong = code.slice(0, at) + digit + code.slice(at + 1)
        assert.equal(isWhole(wrong), wrong === code)
      }
      const swapped =
        code.slice(0, at) +
        code
          .slice(at, at + 2)
          .split('')
          .reverse()
          .join('') +
        code.slice(at + 2)
      assert.equal(isWhole(swapped), swapped === code)
    }
  })

  describe('that head office has signed', () => {
    const keys = makeVoucherKeys()
    const publicKey = openPublicVoucherKey(keys.publicKey)
    const voucher = (change: Partial<SignedVoucher> = {}): SignedVoucher => ({
      ...{ id: 'a-signed-one', packageName: '1 hour', siteId: null, expiresAtMs: null, ...change },
    })
    const use = (signed: SignedVoucher, macAddress: string | null = MAC) =>
      rooms.run(redeemSignedVoucher, { voucher: signed, macAddress })

    it('are told from forged ones with no network', () => {
      const asked = voucher({ siteId: 'nairobi', expiresAtMs: 5 })
      const code = signVoucher(asked, openVoucherKey(keys.privateKey))
      assert.ok(looksSigned(code) && code.length < 250)
      assert.deepEqual(readSignedVoucher(code, publicKey), asked)
      const other = openPublicVoucherKey(makeVoucherKeys().publicKey)
      assert.equal(readSignedVoucher(code, other), undefined)
      const [prefix, , signature] = code.split('.')
      const forged = Buffer.from(JSON.stringify({ i: 'another-one', p: '1 year' })).toString('base64url')
      for (const bad of [`${prefix}.${forged}.${signature}`, code.slice(0, -2), `${code}.x`, 'ML1..', 'ML1', '']) {
        assert.equal(readSignedVoucher(bad, publicKey), undefined, bad)
      }
    })

    it('open their package once, and the same device gets it again', () => {
      rooms.addPackage({ name: '1 hour' })
      const first = use(voucher())
      assert.equal(first.outcome, 'redeemed')
      assert.deepEqual(use(voucher()), { ...first, outcome: 'redeemed-before' })
      assert.deepEqual(use(voucher(), '02:00:00:00:00:99'), { outcome: 'used' })
      assert.equal(rooms.value('SELECT count(*) FROM grants'), 1)
      assert.equal(rooms.facts('voucher.redeemed').length, 1)
    })

    it('open nothing at another site, after their day, without their package, or once banned', () => {
      assert.equal(use(voucher()).outcome, 'unknown')
      rooms.addPackage({ name: '1 hour' })
      assert.equal(use(voucher({ siteId: 'another-site' })).outcome, 'unknown')
      assert.equal(use(voucher({ expiresAtMs: rooms.clock.nowMs() })).outcome, 'expired')
      rooms.run(revokeVouchers, { signedId: 'a-signed-one' })
      assert.equal(use(voucher()).outcome, 'revoked')
      assert.equal(use(voucher({ id: 'another-id', siteId: 'test-site' })).outcome, 'redeemed')
    })
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
