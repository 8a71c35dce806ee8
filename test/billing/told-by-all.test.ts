import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { deliverPayment } from '../../src/billing/deliver.ts'
import { receiveCallback, recordQueryAnswer } from '../../src/billing/payment-answers.ts'
import { type Payer, UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { receiveMoney } from '../../src/billing/receive-money.ts'
import { claimReceipt } from '../../src/billing/walk-in.ts'
import { MAC, openPurchase } from './purchase.ts'
import { HOUR_MS, openRooms, PRICE_CENTS } from './rooms.ts'

const HASHED = (phone: string): Payer => ({
  ...UNKNOWN_PAYER,
  sha256: createHash('sha256').update(phone).digest('hex'),
})
const MASKED = (phone: string): Payer => ({ ...UNKNOWN_PAYER, masked: `${phone.slice(0, 4)} ***** ${phone.slice(-3)}` })
const NOBODY = (): Payer => UNKNOWN_PAYER
const OTHER = '02:00:00:00:00:99'

/** As whom the till names the payer, and on which device the receipt is typed. */
const stories: [string, (phone: string) => Payer, string][] = [
  ['under a hashed number, claimed on the same device', HASHED, MAC],
  ['under a masked number, claimed on another device', MASKED, OTHER],
  ['under nobody’s number, claimed on the same device', NOBODY, MAC],
  ['under nobody’s number, claimed on another device', NOBODY, OTHER],
]

function orders<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((first) => orders(items.filter((item) => item !== first)).map((rest) => [first, ...rest]))
}

/** The callback, the query, the till's own message and the payer's claim tell of one payment of money. */
describe('money that everybody tells of in the same commit', () => {
  for (const [story, payerOf, macAddress] of stories) {
    it(`${story}, is credited once and opens one access, in every order, or a person is told`, async (t) => {
      const rooms = openRooms()
      t.after(() => rooms.close())
      const packageId = rooms.addPackage()
      const float = () =>
        (rooms.value("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float'") as number) ?? 0
      for (const order of orders(['callback', 'query', 'till', 'claim'] as const)) {
        // None of the last order's money may be taken for this one's.
        rooms.clock.step(HOUR_MS)
        const purchase = openPurchase(rooms, { packageId }).prompted()
        const { receipt, paymentId, asked } = purchase
        const money = { kind: 'money', receipt, amountCents: PRICE_CENTS, billReference: null } as const
        const report = { ...money, payer: payerOf(asked.phoneNumber), paidAtMs: rooms.clock.nowMs() }
        const tell = {
          callback: () =>
            rooms.submit(receiveCallback, {
              token: purchase.attempt.callbackToken,
              body: JSON.stringify(purchase.paidEvidence()),
              evidence: purchase.paidEvidence(),
              sourceAddress: '',
            }),
          query: () => rooms.submit(recordQueryAnswer, { paymentId, answer: { kind: 'paid' } }),
          till: () => rooms.submit(receiveMoney, { channel: 'c2b', report, body: receipt, source: '' }),
          claim: () =>
            rooms.submit(claimReceipt, {
              receipt,
              macAddress,
              timeZone: 'Africa/Nairobi',
            }),
        }
        const before = float()
        await Promise.all(order.map((who) => tell[who]()))
        const why = order.join(', ')
        if (float() - before !== PRICE_CENTS) {
          // Whose it was could not be known: it was sold to who knew its number, and the query spoke of a prompt that was paid.
          assert.ok(payerOf === NOBODY && macAddress === OTHER, why)
          assert.ok(order.indexOf('claim') < order.indexOf('query') && order.at(-1) !== 'claim', why)
          assert.deepEqual(purchase.reviews(), ['receipt-of-another-payment'], why)
          continue
        }
        // A receipt that came before its number was known of is the same one.
        const [counted, ...more] = rooms.rows<{ payment_id: string }>(
          `SELECT payment_id FROM receipts WHERE payment_id IS NOT NULL
               AND id IN (SELECT coalesce(duplicate_of, id) FROM receipts WHERE receipt = ?)`,
          receipt,
        )
        assert.ok(counted && more.length === 0, why)
        const paidId = counted.payment_id
        rooms.run(deliverPayment, { paymentId: paidId })
        const given = 'SELECT count(*) FROM grant_parts WHERE source_id IN (?, ?)'
        assert.equal(rooms.value(given, paymentId, paidId), 1, why)
        const open = rooms.value('SELECT count(*) FROM receipts WHERE payment_id IS NULL AND duplicate_of IS NULL')
        assert.equal(open, 0, why)
      }
    })
  }
})
