import { setTimeout as sleep } from 'node:timers/promises'
import { callbackBody } from '../../src/simulators/mpesa-messages.ts'
import { sql } from '../../src/store/database.ts'
import type { LoadRequest } from './load.ts'
import type { BenchSite } from './site.ts'

/** Customers who look at the prompt, and what M-PESA will say when they have paid. */
export interface PromptedPayments {
  callbacks: LoadRequest[]
  /** Throws unless each callback is stored exactly once and its payment is paid. */
  verify(): void
}

const BUYERS_AT_ONCE = 16
const LOOK_MS = 50
const PATIENCE_MS = 120_000

/** `count` customers ask for access through the portal's own call, and the daemon has M-PESA prompt them. */
export async function promptPayments(site: BenchSite, count: number): Promise<PromptedPayments> {
  const pushedBefore = site.mpesa.pushes.length
  const promptedBefore = countPrompted(site)
  for (let bought = 0; bought < count; bought += BUYERS_AT_ONCE) {
    const buyers = Array.from({ length: Math.min(BUYERS_AT_ONCE, count - bought) }, () => site.buy(site.join()))
    await Promise.all(buyers)
  }
  await until(() => countPrompted(site) >= promptedBefore + count)

  const pushes = site.mpesa.pushes.slice(pushedBefore)
  const callbacks = pushes.map((push, index) => ({
    path: new URL(push.callbackUrl).pathname,
    body: callbackBody({
      ...push,
      resultCode: 0,
      paid: {
        amount: push.amount,
        receipt: `BENCH${String(pushedBefore + index).padStart(5, '0')}`,
        paidAtMs: Date.now(),
        phoneNumber: push.phoneNumber,
      },
    }),
  }))
  return {
    callbacks,
    verify() {
      for (const { checkoutRequestId } of pushes) verifyOne(site, checkoutRequestId)
    },
  }
}

/** The jobs that follow from what has happened are done. What is scheduled for later does not count. */
export async function untilQueueIsEmpty(site: BenchSite): Promise<void> {
  const live = sql(site.db, "SELECT count(*) FROM jobs WHERE state <> 'scheduled'").pluck()
  await until(() => live.get() === 0)
}

const countPrompted = ({ db }: BenchSite) =>
  sql(db, "SELECT count(*) FROM payments WHERE state = 'PROMPTED'").pluck().get() as number

function verifyOne({ db }: BenchSite, checkoutRequestId: string): void {
  const kept = sql(
    db,
    `SELECT p.state, i.outcome, i.repeats FROM payment_attempts a JOIN payments p ON p.id = a.payment_id
     JOIN callback_inbox i ON i.attempt_id = a.id JOIN receipts r ON r.payment_id = p.id
     WHERE a.checkout_request_id = ?`,
  ).all(checkoutRequestId) as { state: string; outcome: string; repeats: number }[]
  const [only] = kept
  const isPaid = only?.state === 'PAID' || only?.state === 'FULFILLED'
  if (kept.length === 1 && isPaid && only?.outcome === 'paid' && only.repeats === 0) return
  throw new Error(`the callback of ${checkoutRequestId} was answered 200, but stored is ${JSON.stringify(kept)}`)
}

async function until(isSo: () => boolean): Promise<void> {
  const endsMs = performance.now() + PATIENCE_MS
  while (!isSo()) {
    if (performance.now() > endsMs) throw new Error('the daemon did not get there in two minutes')
    await sleep(LOOK_MS)
  }
}
