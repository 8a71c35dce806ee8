import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import Database from 'better-sqlite3'
import { databaseFileIn } from '../../src/data-files.ts'
import type { Scenario } from '../../src/simulators/mpesa-scenarios.ts'
import { openSite, type Purchase, type Site } from './site.ts'

const FULL = process.env.MLANGO_TEST_FULL === '1'
const PURCHASES = FULL ? 500 : 24
const KILLS = FULL ? 40 : 2
const AT_ONCE = 8
const SEED = 20261124
const WITHOUT_POWER_MS = 100_000

const SCENARIOS: Scenario[] = [
  'success',
  'success',
  'twice',
  'before-response',
  'lost-response',
  'lost-callback',
  'lost-callback',
  'lost-callback',
  'failure-after-success',
  'cancelled',
  'no-answer',
  'wrong-pin',
  'low-balance',
  'busy',
  'wrong-amount',
  'no-receipt',
  'late',
  'lost-response-late',
  'slow-push',
  'html-503',
  'refused',
]

/** The first run through has each scenario once, the rest are drawn. */
const scenarioOf = (number: number, chance: () => number): Scenario =>
  SCENARIOS[number < SCENARIOS.length ? number : Math.floor(chance() * SCENARIOS.length)] ?? 'success'

/** What gives a purchase to its buyer: until none of it waits or is under way, nobody has been left out. */
const DELIVERY = {
  'process-payment': ['ready', 'running', 'scheduled'],
  'create-hotspot-user': ['ready', 'running', 'scheduled'],
  // A message that a power cut left in doubt waits minutes for the gateway's report.
  'send-credentials-sms': ['ready', 'running'],
}

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
  const digits = number.toString(16).padStart(4, '0').toUpperCase()
  const macAddress = `06:00:00:00:${digits.slice(0, 2)}:${digits.slice(2)}`
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

/** "I have already paid", typed on the buyer's device with the number from M-PESA's SMS. */
async function claim(site: Site, { phoneNumber, macAddress }: Purchase): Promise<void> {
  for (const { receipt } of site.mpesa.paymentsOf(phoneNumber)) {
    const answer = await site.call('POST', '/api/payments/claim', { receipt, mac_address: macAddress }, null)
    assert.notEqual(answer.status, 500)
  }
}

async function whenDelivered(site: Site): Promise<void> {
  for (const [name, states] of Object.entries(DELIVERY)) {
    for (const state of states) {
      while ((await site.call('GET', `/api/jobs?state=${state}&name=${name}`)).body.items.length > 0) {
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
  }
}

const sites = {
  'a paybill, whose reports name the payer': {},
  // Such a report has no reference either: it says the amount, and the payer's first and last digits.
  'a till, whose reports mask the payer': { till: '5551234' },
}

describe('many customers, every way that M-PESA can answer, and the power going at any moment', {
  concurrency: 2,
}, () => {
  for (const [kind, options] of Object.entries(sites)) {
    it(`credits exactly the money that moved to ${kind}: ${PURCHASES} purchases, ${KILLS + 1} power cuts, seed ${SEED}`, {
      timeout: FULL ? 3_000_000 : 300_000,
    }, async () => {
      const chance = seededChance(SEED)
      const site = await openSite({ environment: { MLANGO_MPESA_PULL: 'true' }, ...options })
      try {
        await site.call('POST', '/api/mpesa/c2b/register')
        await site.mpesa.whenC2bRegistered()
        if ('till' in options) site.mpesa.payerForm = 'masked'
        // Many reports of money never come, as the callbacks of their scenarios; M-PESA's books know all.
        const silence = 'till' in options ? 0.25 : 0.5
        const cutsAfter = new Set(Array.from({ length: KILLS }, () => Math.floor(chance() * PURCHASES)))
        const purchases: Purchase[] = []
        let next = 0
        let cutting: Promise<void> = Promise.resolve()
        const customer = async () => {
          while (next < PURCHASES) {
            const number = next++
            site.mpesa.c2bSilent = chance() < silence
            const scenario = scenarioOf(number, chance)
            site.mpesa.releaseSlow()
            await site.mpesa.releaseLate()
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
        // Some have the SMS of M-PESA before anybody here knows what became of the prompt.
        for (const purchase of purchases) if (chance() < 0.25) await claim(site, purchase)

        // The last power cut takes so long that whoever has no answer by then has waited for the whole of a customer's window.
        await site.kill()
        await site.start({ withoutPowerMs: WITHOUT_POWER_MS })
        const isSettled = (state: string) => !['created', 'submitting', 'prompted', 'uncertain'].includes(state)
        await Promise.all(
          purchases.map(async (purchase) => {
            const watching = site.whenView(purchase, ({ status }) => isSettled(status), 150_000)
            site.mpesa.releaseSlow()
            await site.mpesa.releaseLate()
            await watching
          }),
        )
        for (const purchase of purchases) if (chance() < 0.75) await claim(site, purchase)
        // The books settle what no other channel told; the last line of them shows that they were read.
        site.mpesa.c2bSilent = true
        const last = await site.mpesa.payByHand({ phoneNumber: '254700000000', amount: 1 })
        const events = await site.events()
        assert.equal((await site.call('POST', '/api/receipts/pull')).status, 202)
        await events.when(({ type, data }) => type === 'money.unallocated' && data.receipt === last.receipt, 60_000)
        events.close()
        await whenDelivered(site)
        await site.kill()
        compare(site, purchases)
      } finally {
        await site.close()
      }
    })
  }
})

/** What customers really paid against what the house has booked, credited, given and told. */
function compare(site: Site, purchases: readonly Purchase[]): void {
  const db = new Database(databaseFileIn(site.dataDir), { readonly: true })
  const one = (query: string, ...values: unknown[]) =>
    db
      .prepare(query)
      .pluck()
      .get(...values) as number
  try {
    const price = 1000
    for (const { phoneNumber, macAddress } of purchases) {
      const moved = site.mpesa.paymentsOf(phoneNumber)
      const exact = moved.filter(({ amount }) => amount * 100 === price).length
      // Of the device, however many purchases it was: who types a receipt may make one of his own.
      const mine = 'FROM payments WHERE mac_address = ?'
      const credits = one(`SELECT count(*) FROM receipts WHERE payment_id IN (SELECT id ${mine})`, macAddress)
      const parts = `SELECT count(*) FROM grant_parts JOIN grants ON grants.id = grant_id WHERE withdrawn_at_ms IS NULL AND ended_at_ms IS NULL
        AND grant_parts.source = 'payment' AND grant_parts.source_id IN (SELECT id ${mine})`
      const grants = one(parts, macAddress)
      const free = one(
        `SELECT count(*) FROM receipts WHERE payment_id IS NULL AND duplicate_of IS NULL AND receipt IN (${moved.map(() => '?').join()})`,
        ...moved.map(({ receipt }) => receipt),
      )
      const told = one(`${parts} AND grants.phone_number = ?`, macAddress, phoneNumber)
      const messages = one('SELECT count(*) FROM messages WHERE phone_number = ?', phoneNumber)
      const accepted = one("SELECT count(*) FROM messages WHERE phone_number = ? AND state = 'sent'", phoneNumber)
      const sent = site.sms.messages.filter(({ to }) => to === `+${phoneNumber}`).length
      const story = `${phoneNumber}: paid ${JSON.stringify(moved)}, credits ${credits}, grants ${grants}, messages ${messages}, sent ${sent}, unallocated ${free}`
      assert.ok(exact <= 1)
      // Nobody can tell whose the money of a till is when the push has no id, its callback is lost and the payer is masked.
      const isNobodys = site.mpesa.payerForm === 'masked' && credits === 0 && free === 1
      // A callback that the power cut took leaves M-PESA's query, which names no amount: what was paid is paid.
      const byQuery = one(`SELECT count(*) ${mine} AND verified_by = 'stk_query'`, macAddress)
      const owed = exact === 0 && moved.length === 1 ? byQuery : exact
      assert.equal(credits, isNobodys ? 0 : owed, `credits equal the money that moved, once: ${story}`)
      assert.equal(grants, credits, `what is paid is given, and nothing else: ${story}`)
      assert.equal(messages, told, `one message for what is given to a known phone: ${story}`)
      assert.ok(sent >= accepted && sent <= messages, `and it goes out once: ${story}`)
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
