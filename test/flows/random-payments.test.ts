import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { databaseFileIn } from '../../src/data-files.ts'
import type { Scenario } from '../../src/simulators/mpesa-scenarios.ts'
import { openSite, type Purchase, type Site } from './site.ts'

const FULL = process.env.MLANGO_TEST_FULL === '1'
const PURCHASES = FULL ? 500 : 16
const KILLS = FULL ? 40 : 2
const AT_ONCE = 8
const SEED = 20261124

const SCENARIOS: Scenario[] = [
  'success',
  'success',
  'twice',
  'before-response',
  'lost-response',
  'lost-callback',
  'failure-after-success',
  'cancelled',
  'no-answer',
  'wrong-pin',
  'low-balance',
  'busy',
  'wrong-amount',
  'no-receipt',
]

/** Numbers that look like chance and are the same in each run. */
function seededChance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Asks until the daemon, which may be down just now, has answered; the key makes it one purchase. */
async function buy(site: Site, number: number, scenario: Scenario): Promise<Purchase> {
  const phoneNumber = `25471${String(number).padStart(7, '0')}`
  const macAddress = `06:00:00:00:${(number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`
  site.mpesa.scenario(phoneNumber, scenario)
  const body = JSON.stringify({ phone_number: phoneNumber, package_id: site.packageId, mac_address: macAddress })
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `purchase-${number}` }
  for (;;) {
    const answer = await fetch(`${site.url}/api/payments/stk`, { method: 'POST', headers, body }).catch(() => undefined)
    if (answer?.status === 202) {
      const said = (await answer.json()) as {
        payment_id: string
        token: string
        status_url: string
        events_url: string
      }
      const { payment_id: paymentId, token, status_url: statusUrl, events_url: eventsUrl } = said
      return { paymentId, token, statusUrl, eventsUrl, macAddress, phoneNumber }
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('many customers, every way that M-PESA can answer, and the power going at any moment', () => {
  it(`credits exactly the money that moved: ${PURCHASES} purchases, ${KILLS} power cuts, seed ${SEED}`, {
    timeout: FULL ? 3_000_000 : 240_000,
  }, async () => {
    const chance = seededChance(SEED)
    const site = await openSite({ environment: { MLANGO_MPESA_PULL: 'true' } })
    try {
      await site.call('POST', '/api/mpesa/c2b/register')
      await site.mpesa.whenC2bRegistered()
      // Half of the reports of money never come, as the callbacks of their scenarios; M-PESA's books know all.
      const cutsAfter = new Set(Array.from({ length: KILLS }, () => Math.floor(chance() * PURCHASES)))
      const purchases: Purchase[] = []
      let next = 0
      let cutting: Promise<void> = Promise.resolve()
      const customer = async () => {
        while (next < PURCHASES) {
          const number = next++
          site.mpesa.c2bSilent = chance() < 0.5
          const scenario = SCENARIOS[Math.floor(chance() * SCENARIOS.length)] ?? 'success'
          purchases.push(await buy(site, number, scenario))
          if (cutsAfter.has(number)) {
            cutting = cutting.then(async () => {
              await site.kill()
              await site.start()
            })
            await cutting
          }
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, customer))
      await cutting

      const isSettled = (state: string) => !['created', 'submitting', 'prompted', 'uncertain'].includes(state)
      for (const purchase of purchases) await site.whenView(purchase, ({ status }) => isSettled(status), 150_000)
      // The books settle what no other channel told; the last line of them shows that they were read.
      site.mpesa.c2bSilent = true
      const last = await site.mpesa.payByHand({ phoneNumber: '254700000000', amount: 1 })
      const events = await site.events()
      assert.equal((await site.call('POST', '/api/receipts/pull')).status, 202)
      await events.when(({ type, data }) => type === 'money.unallocated' && data.receipt === last.receipt, 60_000)
      events.close()
      await site.kill()
      compare(site, purchases)
    } finally {
      await site.close()
    }
  })
})

/** What customers really paid against what the house has booked, credited and given. */
function compare(site: Site, purchases: readonly Purchase[]): void {
  const db = new Database(databaseFileIn(site.dataDir), { readonly: true })
  const one = (query: string, ...values: unknown[]) =>
    db
      .prepare(query)
      .pluck()
      .get(...values) as number
  try {
    const price = 1000
    for (const { paymentId, phoneNumber } of purchases) {
      const moved = site.mpesa.paymentsOf(phoneNumber)
      const exact = moved.filter(({ amount }) => amount * 100 === price).length
      const credits = one('SELECT count(*) FROM receipts WHERE payment_id = ?', paymentId)
      const grants = one("SELECT count(*) FROM grant_parts WHERE source = 'payment' AND source_id = ?", paymentId)
      const story = `${phoneNumber}: paid ${JSON.stringify(moved)}, credits ${credits}, grants ${grants}`
      assert.equal(credits, Math.min(exact, 1), `credits equal the money that moved, once: ${story}`)
      assert.ok(grants <= credits, `nothing is given without money: ${story}`)
      for (const { receipt, amount } of moved) {
        const known = one('SELECT count(*) FROM receipts WHERE receipt = ? AND amount_cents = ?', receipt, amount * 100)
        assert.equal(known, 1, `every payment of money is known once: ${story}`)
      }
    }
    const taken = site.mpesa.moneyTaken().shillings * 100
    assert.equal(one('SELECT sum(amount_cents) FROM receipts WHERE duplicate_of IS NULL'), taken)
    assert.equal(one("SELECT sum(amount_cents) FROM ledger_entries WHERE account = 'mpesa_float'"), taken)
    assert.equal(one('SELECT sum(amount_cents) FROM ledger_entries'), 0)
  } finally {
    db.close()
  }
}
