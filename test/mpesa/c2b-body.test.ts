import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { readC2bConfirmation } from '../../src/mpesa/c2b-body.ts'
import { readPayer } from '../../src/mpesa/payer.ts'

const PAYBILL = {
  TransactionType: 'Pay Bill',
  TransID: 'RKTQDM7W6S',
  TransTime: '20191122063845',
  TransAmount: '10',
  BusinessShortCode: '600638',
  BillRefNumber: 'mlab12 cd34',
  InvoiceNumber: '',
  OrgAccountBalance: '49197.00',
  ThirdPartyTransID: '',
  MSISDN: '254708374149',
  FirstName: 'John',
  MiddleName: '',
  LastName: 'Doe',
}
const read = (change: object = {}) => readC2bConfirmation(JSON.stringify({ ...PAYBILL, ...change }))

describe('a C2B confirmation', () => {
  it('of a paybill says who paid what for which account, and when', () => {
    assert.deepEqual(read(), {
      kind: 'money',
      receipt: 'RKTQDM7W6S',
      amountCents: 1000,
      billReference: 'MLAB12CD34',
      payer: { phone: '254708374149', sha256: null, masked: null },
      paidAtMs: Date.parse('2019-11-22T06:38:45+03:00'),
    })
  })

  it('of a till has no account', () => {
    for (const BillRefNumber of ['', ' ', undefined, null]) {
      const said = read({ BillRefNumber })
      assert.ok(said.kind === 'money' && said.billReference === null)
    }
  })

  it('is read with amounts as text or number, in shillings and cents', () => {
    const cents = (TransAmount: unknown) => {
      const said = read({ TransAmount })
      return said.kind === 'money' ? said.amountCents : undefined
    }
    assert.deepEqual(['5.00', 5, '1.15', '0.5', 70].map(cents), [500, 500, 115, 50, 7000])
    assert.deepEqual(['', '-5', '0', 'five', null, '1e3', {}].map(cents), Array(7).fill(undefined))
  })

  it('without receipt or amount, or that is no JSON, is malformed and repeats nothing of itself', () => {
    for (const body of ['', '<html>', 'null', '[]', '"x"', JSON.stringify({ ...PAYBILL, TransID: '' })]) {
      const said = readC2bConfirmation(body)
      assert.equal(said.kind, 'malformed', body)
      assert.ok(!JSON.stringify(said).includes('254708374149'))
    }
  })
})

describe('a payer', () => {
  it('is known by number, by hash, or half', () => {
    const sha256 = createHash('sha256').update('254708374149').digest('hex')
    const nobody = { phone: null, sha256: null, masked: null }
    assert.deepEqual(readPayer('254708374149'), { ...nobody, phone: '254708374149' })
    assert.deepEqual(readPayer('708374149'), { ...nobody, phone: '254708374149' })
    assert.deepEqual(readPayer(sha256.toUpperCase()), { ...nobody, sha256 })
    for (const text of ['2547 ***** 149', '2547*****149', '2547****** 149 - JOHN DOE']) {
      assert.deepEqual(readPayer(text), { ...nobody, masked: '2547 ***** 149' }, text)
    }
    for (const text of [undefined, '', 'JOHN DOE', '12345']) assert.deepEqual(readPayer(text), nobody)
  })
})
