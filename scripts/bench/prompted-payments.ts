import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue } from '../../jobs/catalogue.ts'
import type { NewPackage } from '../../src/billing/package-table.ts'
import { addPackage } from '../../src/billing/packages.ts'
import { recordPushAnswer, startAttempt } from '../../src/billing/push-attempt.ts'
import { requestPayment } from '../../src/billing/request-payment.ts'
import { systemClock } from '../../src/clock.ts'
import { commands } from '../../src/commands.ts'
import { openEngine } from '../../src/flow/engine.ts'
import { openLog } from '../../src/log.ts'
import { reactions } from '../../src/reactions.ts'
import { callbackBody } from '../../src/simulators/mpesa-messages.ts'
import type { NamedCommand } from '../../src/store/client.ts'
import { type Db, openWriter, sql } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite, raiseBoot } from '../../src/store/site.ts'
import type { LoadRequest } from './load.ts'
import { type BenchSite, phoneNumbered, SITE_ID } from './site.ts'

/** Customers who look at the prompt, and what M-PESA will say when they have paid. */
export interface PromptedPayments {
  callbacks: LoadRequest[]
  /** Throws unless each callback is stored exactly once and its payment is paid. */
  verify(db: Db): void
}

const PACKAGE: NewPackage = {
  ...{ name: '1 hour', description: '', priceCents: 1000, currency: 'KES', durationSeconds: 3600 },
  ...{ type: 'hotspot', dataLimitBytes: null, downKbps: null, upKbps: null, deviceLimit: 1, hidden: 0 },
}
const SHILLINGS = 10
const LOOK_MS = 50
const PATIENCE_MS = 300_000

/**
 * Writes into the store of a site that is not running yet, by the daemon's own commands, `count` purchases that M-PESA has prompted:
 * the first phones that join. Gives them out by the number. Through the daemon itself each would be some ten commits.
 */
export function promptPayments(directory: string, count: number): (count: number) => PromptedPayments {
  const dataDir = join(directory, 'data')
  mkdirSync(dataDir, { recursive: true })
  const db = openWriter(join(dataDir, 'mlango.db'))
  migrate(db)
  const prompted = db.transaction(() => promptAll(db, count))()
  // Nobody asks M-PESA about them meanwhile, and the cloud has heard of them.
  db.exec('DELETE FROM jobs; INSERT OR REPLACE INTO cloud_cursor (only, seq) SELECT 1, max(seq) FROM journal')
  db.close()
  return (next) => {
    const some = prompted.splice(0, next)
    if (some.length < next) throw new Error('more callbacks were asked for than were prepared')
    return {
      callbacks: some.map(({ callback }) => callback),
      verify(stored) {
        for (const { checkoutRequestId } of some) verifyOne(stored, checkoutRequestId)
      },
    }
  }
}

/** The jobs that follow from what has happened are done. What is scheduled for later does not count. */
export async function untilQueueIsEmpty({ db }: BenchSite): Promise<void> {
  const live = sql(db, "SELECT count(*) FROM jobs WHERE state <> 'scheduled'").pluck()
  const endsMs = performance.now() + PATIENCE_MS
  while (live.get() !== 0) {
    if (performance.now() > endsMs) throw new Error('the daemon did not get there in five minutes')
    await sleep(LOOK_MS)
  }
}

function promptAll(db: Db, count: number): { callback: LoadRequest; checkoutRequestId: string }[] {
  const run = runnerOf(db)
  const added = run(addPackage, PACKAGE)
  if (added.outcome !== 'added') throw new Error(`the package was not added: ${added.outcome}`)
  return Array.from({ length: count }, (_, index) => {
    const { phoneNumber, macAddress } = phoneNumbered(index + 1)
    const asked = run(requestPayment, {
      ...{ phoneNumber, macAddress, packageId: added.row.id, routerId: null, clientKey: null },
      timeZone: 'Africa/Nairobi',
    })
    const attempt = 'paymentId' in asked ? run(startAttempt, { paymentId: asked.paymentId }) : undefined
    if (attempt?.outcome !== 'send') throw new Error(`a purchase was not prompted: ${asked.outcome}`)
    const merchantRequestId = randomUUID()
    const checkoutRequestId = `ws_CO_${String(index).padStart(20, '0')}`
    run(recordPushAnswer, {
      attemptId: attempt.attemptId,
      answer: { outcome: 'accepted', merchantRequestId, checkoutRequestId },
    })
    const receipt = `BENCH${String(index).padStart(5, '0')}`
    const paid = { amount: SHILLINGS, receipt, paidAtMs: Date.now(), phoneNumber }
    const body = callbackBody({ merchantRequestId, checkoutRequestId, resultCode: 0, paid })
    return { callback: { path: `/api/mpesa/callback/${attempt.callbackToken}`, body }, checkoutRequestId }
  })
}

/** The store thread's engine, without the thread. */
function runnerOf(db: Db) {
  const site = ensureSite(db, SITE_ID, Date.now())
  const engine = openEngine({
    ...{ db, site, boot: raiseBoot(db, Date.now()), clock: systemClock, commands, catalogue, reactions },
    log: openLog('error', { thread: 'prepare' }),
    handOut: () => {},
    deliver: () => {},
    wake: () => {},
  })
  return <Input, Output>({ name }: NamedCommand<Input, Output>, input: Input): Output =>
    engine.perform({ kind: 'command', requestId: 0, name, input }) as Output
}

function verifyOne(db: Db, checkoutRequestId: string): void {
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
