import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCsv } from '../../src/mpesa/csv.ts'
import { pullAnswerOf, pullTime } from '../../src/mpesa/pull-answer.ts'
import { readStatement } from '../../src/mpesa/statement.ts'

/** As the organisation portal writes it. */
const PORTAL = `Organization Statement,,,,,,,,,,,,\r
Short Code:,600638,,,,,,,,,,,\r
Receipt No.,Completion Time,Initiation Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Balance Confirmed,Reason Type,Other Party Info,Linked Transaction ID,A/C No.\r
RKTQDM7W6S,2026-11-24 13:05:00,2026-11-24 13:04:58,"Pay Bill from 2547******149 - ""JANE"", D",Completed,"1,010.00",,"5,000.00",TRUE,Pay Bill,2547******149 - JANE DOE,,ML12AB34CD\r
RKTQDM7W6T,24-11-2026 13:06:00,,Pay Bill,Completed,50.00,,,TRUE,Pay Bill,254708374149 - JOHN,,wifi\r
RKTQDM7W6U,2026-11-24 14:00:00,,Business Charge,Completed,,-10.00,,TRUE,Charge,,,\r
RKTQDM7W6V,2026-11-24 14:05:00,,Pay Bill,Declined,50.00,,,TRUE,Pay Bill,254708374149 - JOHN,,wifi\r
`

describe('a statement', () => {
  it('of the organisation portal is read below its own headings; what is no money that came is left out', () => {
    const statement = readStatement(PORTAL)
    assert.deepEqual(
      statement?.rows.map(({ report }) => report),
      [
        {
          ...{ kind: 'money', receipt: 'RKTQDM7W6S', amountCents: 101_000, billReference: 'ML12AB34CD' },
          payer: { phone: null, sha256: null, masked: '2547 ***** 149' },
          paidAtMs: Date.parse('2026-11-24T13:05:00+03:00'),
        },
        {
          ...{ kind: 'money', receipt: 'RKTQDM7W6T', amountCents: 5000, billReference: 'WIFI' },
          payer: { phone: '254708374149', sha256: null, masked: null },
          paidAtMs: Date.parse('2026-11-24T13:06:00+03:00'),
        },
      ],
    )
    assert.equal(statement?.leftOut, 1)
    assert.equal(statement?.shortcode, '600638')
  })

  it('is read as a spreadsheet has saved it: semicolons, days first, no seconds', () => {
    const saved = 'Short Code: 600638;;\nReceipt No.;Completion Time;Paid In\nRKTQDM7W6S;24/11/2026 13:05;"1,010.00"\n'
    const statement = readStatement(saved)
    assert.deepEqual(
      statement?.rows.map(({ report: { amountCents, paidAtMs } }) => [amountCents, paidAtMs]),
      [[101_000, Date.parse('2026-11-24T13:05:00+03:00')]],
    )
    assert.equal(statement?.shortcode, '600638')
  })

  it('with an amount that can be read in two ways says which, and whose', () => {
    const of = (heading: string, ...amounts: string[]) =>
      readStatement(
        [`Receipt No.;Completion Time;Transaction Status;A/C No.;${heading}`]
          .concat(amounts.map((amount, at) => `RKTQDM7W6${at};24/11/2026 13:05;Completed;;${amount}`))
          .join('\n'),
      )?.unclear
    for (const odd of ['1000,00', '1.010,00', '1.010', '10,5', '1,00.00', '50-', 'KES 50', '.5', '1 010.00', '1e3']) {
      const told = { receipt: 'RKTQDM7W61', amount: odd }
      assert.deepEqual(of('Paid In', '50.00', odd, '1,0'), told)
      assert.deepEqual(of('Paid In;Withdrawn', '50.00', `;${odd}`), told)
      assert.deepEqual(of('Paid In;Withdrawn;Balance', '50.00;;', `;;${odd}`), told)
    }
    const clear = ['50', '50.5', '1000.00', '1,010.00', '12,345,678', '-1,000.00', '0.00', '', ' ']
    assert.equal(of('Paid In', ...clear), undefined)
    assert.equal(of('Paid In;Withdrawn;Balance', ...clear.map((amount) => `;${amount};${amount}`)), undefined)
  })

  it('also tells what went out, for what, and what the account held after its newest line', () => {
    const head =
      'Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,Reason Type,Linked Transaction ID\n'
    const lines = [
      'RKTQDM7W6X,2026-11-24 15:00:00,Organization Settlement to Bank,Completed,,"-1,000.00",40.00,Transfer,',
      'RKTQDM7W6X,2026-11-24 15:00:00,Business Charge,Completed,,-10.00,"1,040.00",Charge,',
      'RKTQDM7W6Y,2026-11-24 14:30:00,Reversal to customer,Completed,,-50.00,"1,050.00",Reversal,RKTQDM7W6S',
      'RKTQDM7W6Z,2026-11-24 14:00:00,Organization Settlement to Bank,Failed,,-77.00,,Transfer,',
    ]
    for (const order of [lines, lines.toReversed()]) {
      const statement = readStatement(head + order.join('\n'))
      assert.deepEqual(
        statement?.out
          .map(({ receipt, kind, amountCents, aboutReceipt }) => [receipt, kind, amountCents, aboutReceipt])
          .sort(),
        [
          ['RKTQDM7W6X', 'bank', 100_000, null],
          ['RKTQDM7W6X', 'fee', 1000, null],
          ['RKTQDM7W6Y', 'other', 5000, 'RKTQDM7W6S'],
        ],
      )
      assert.deepEqual(statement?.balance, { cents: 4000, atMs: Date.parse('2026-11-24T15:00:00+03:00') })
      assert.deepEqual([statement.rows, statement.leftOut], [[], 1])
    }
  })

  it('may be a plain list', () => {
    const [row] = readStatement('receipt,amount,date\nRKTQDM7W6S,10,2026-11-24 13:05:00\n')?.rows ?? []
    assert.equal(row?.report.amountCents, 1000)
    assert.equal(row?.line, 'RKTQDM7W6S,10,2026-11-24 13:05:00')
  })

  it('is none without a line that names receipt and amount', () => {
    for (const text of ['', 'a,b\n1,2', 'receipt\nX', '<html></html>']) assert.equal(readStatement(text), undefined)
  })

  it('is read from any CSV: quotes, line ends, open quotes, a byte order mark', () => {
    assert.deepEqual(readCsv('\uFEFFa,"b ""c"", d"\r\n\r\n,\n"e\nf",g'), [
      ['a', 'b "c", d'],
      ['e\nf', 'g'],
    ])
    assert.deepEqual(readCsv('a,"open\nb'), [['a', 'open\nb']])
    assert.deepEqual(readCsv('a"b,c'), [['a"b,c']])
    assert.deepEqual(readCsv(''), [])
  })
})

describe('M-PESA’s own books', () => {
  const line = { transactionId: 'RKTQDM7W6S', trxDate: '2026-11-24T13:05:00Z', msisdn: 708374149, amount: '168.00' }
  const page = (Response: unknown) => ({ status: 200, text: JSON.stringify({ ResponseCode: '1000', Response }) })

  it('come as a list in a list, or as a list', () => {
    for (const body of [page([[{ ...line, billreference: '19008' }]]), page([{ ...line, billreference: '19008' }])]) {
      const answer = pullAnswerOf(body)
      assert.ok(answer.outcome === 'rows')
      assert.deepEqual(answer.rows[0]?.report, {
        ...{ kind: 'money', receipt: 'RKTQDM7W6S', amountCents: 16_800, billReference: '19008' },
        payer: { phone: '254708374149', sha256: null, masked: null },
        paidAtMs: Date.parse('2026-11-24T13:05:00+03:00'),
      })
    }
  })

  it('count a line that tells of no money, so that the next page is asked for', () => {
    const answer = pullAnswerOf(page([[line, {}, { ...line, amount: '' }]]))
    assert.ok(answer.outcome === 'rows' && answer.rows.length === 1 && answer.size === 3)
  })

  it('that are not to be had say nothing', () => {
    const refused = { status: 404, text: JSON.stringify({ errorCode: '401.001', errorMessage: 'Invalid token' }) }
    assert.equal(pullAnswerOf(refused).outcome, 'token-refused')
    for (const reply of [
      { status: 503, text: '<html>' },
      { status: 200, text: '' },
      { status: 500, text: JSON.stringify({ Response: [[line]] }) },
      { status: 200, text: JSON.stringify({ errorCode: '500.001.1001', Response: [[line]] }) },
    ]) {
      assert.equal(pullAnswerOf(reply).outcome, 'no-answer')
    }
  })

  it('are asked for in Nairobi’s time', () => {
    assert.equal(pullTime(Date.parse('2026-11-24T22:05:09Z')), '2026-11-25 01:05:09')
  })
})
