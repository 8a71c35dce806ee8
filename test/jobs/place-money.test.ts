import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { placeMoney } from '../../jobs/payments/place-money.ts'
import { processPayment } from '../../jobs/payments/process-payment.ts'
import type { JobServices } from '../../jobs/services.ts'
import { phoneSha256 } from '../../src/billing/phone-number.ts'
import { UNKNOWN_PAYER } from '../../src/billing/receipt-table.ts'
import { type MoneyReport, receiveMoney } from '../../src/billing/receive-money.ts'
import type { JobOutcome } from '../../src/flow/job-outcome.ts'
import { openRooms, PRICE_CENTS, type Rooms } from '../billing/rooms.ts'

describe('money that a subscriber paid by hand', () => {
  let rooms: Rooms
  beforeEach(() => {
    rooms = openRooms()
  })
  afterEach(() => rooms.close())

  const PHONE = '254712345678'

  function subscribe() {
    const packageId = rooms.addPackage({ type: 'pppoe', durationSeconds: 30 * 86_400 })
    rooms.db.exec(`INSERT INTO customers (id, phone_number, created_at_ms) VALUES (1, '${PHONE}', 1)`)
    rooms.db
      .prepare(
        `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, device_limit, starts_at_ms, expires_at_ms, ended_at_ms, end_reason)
         VALUES ('0192f000-0000-7000-8000-000000000001', 'operator', '0192f000-0000-7000-8000-000000000002', '123456', 'secret', ?, 'month', 1, 1, 2, 2, 'time-used')`,
      )
      .run(packageId)
    rooms.db
      .prepare(
        `INSERT INTO subscriptions (id, account_number, customer_id, package_id, grant_id, starts_at_ms, grace_days, created_at_ms, disconnected_at_ms, disconnection_reason)
         VALUES ('0192f000-0000-7000-8000-000000000002', '123456', 1, ?, '0192f000-0000-7000-8000-000000000001', 1, 3, 1, 1, 'unpaid')`,
      )
      .run(packageId)
  }

  /** Runs the job as the pool does, and its effects as the commit that ends it. */
  async function run(job: Promise<JobOutcome>): Promise<void> {
    const outcome = await job
    assert.equal(outcome.kind, 'done')
    if (outcome.kind !== 'done') return
    for (const { command, input } of outcome.effects) {
      rooms.engine.perform({ kind: 'command', requestId: 0, name: command, input })
    }
  }
  const services = () => ({ db: rooms.db }) as unknown as JobServices

  async function pay(change: Partial<MoneyReport>) {
    tell(change)
    await placeAll()
  }
  function tell(change: Partial<MoneyReport>) {
    const money = { kind: 'money', receipt: 'BYHAND0001', amountCents: PRICE_CENTS, billReference: null } as const
    const report = { ...money, payer: UNKNOWN_PAYER, paidAtMs: null, ...change }
    rooms.run(receiveMoney, { channel: 'c2b', report, body: JSON.stringify(report), source: '' })
  }
  async function placeAll() {
    const receiptId = rooms.value('SELECT id FROM receipts ORDER BY id DESC') as number
    await run(placeMoney.run({ receiptId }, services()))
    for (const { payload } of rooms.jobs('process-payment'))
      await run(processPayment.run(JSON.parse(payload), services()))
  }
  const state = () => rooms.value("SELECT state FROM subscriptions WHERE id = '0192f000-0000-7000-8000-000000000002'")

  it('renews by the account that was typed, or by the phone, also when M-PESA tells only its hash', async () => {
    const sha256 = phoneSha256(PHONE).toString('hex')
    for (const change of [
      { billReference: '123456' },
      { payer: { ...UNKNOWN_PAYER, phone: PHONE } },
      { payer: { ...UNKNOWN_PAYER, sha256 } },
    ]) {
      subscribe()
      await pay(change)
      assert.equal(state(), 'active')
      assert.equal(rooms.value('SELECT state FROM payments'), 'FULFILLED')
      rooms.close()
      rooms = openRooms()
    }
  })

  it('renews also when the first to tell of it knew neither account nor payer, and only once', async () => {
    const names = [{ billReference: '123456' }, { payer: { ...UNKNOWN_PAYER, phone: PHONE } }]
    for (const known of names) {
      subscribe()
      await pay({ paidAtMs: 1 })
      assert.equal(state(), 'disconnected')
      rooms.db.exec("DELETE FROM jobs WHERE name = 'place-money'")
      tell(known)
      assert.equal(rooms.jobs('place-money').length, 1)
      await placeAll()
      assert.equal(state(), 'active')
      rooms.db.exec("DELETE FROM jobs WHERE name = 'place-money'")
      tell({ ...known, paidAtMs: 2 })
      assert.deepEqual(rooms.jobs('place-money'), [])
      rooms.close()
      rooms = openRooms()
    }
  })

  it('of another amount, or of nobody known, waits for a person', async () => {
    subscribe()
    await pay({ billReference: '123456', amountCents: PRICE_CENTS - 100 })
    await pay({ receipt: 'BYHAND0002', billReference: '999999' })
    assert.equal(state(), 'disconnected')
    assert.equal(rooms.value('SELECT count(*) FROM payments'), 0)
  })
})
