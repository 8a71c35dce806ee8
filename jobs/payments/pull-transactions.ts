import * as z from 'zod'
import { reconcileMoney } from '../../src/billing/reconcile-money.ts'
import { done, offline } from '../../src/flow/job-outcome.ts'
import { isTimeTrusted } from '../../src/flow/time-trust.ts'
import { PULL_PAGE, type PullAnswer } from '../../src/mpesa/pull-answer.ts'
import { defineJob } from '../services.ts'

const HOUR_MS = 3_600_000
/** M-PESA's books reach back two days. */
const LONG_MS = 48 * HOUR_MS
const SHORT_MS = 2 * HOUR_MS
/** More in one window than any site takes: something is wrong with the paging. */
const MOST_PAGES = 100

/** Compares M-PESA's books with ours: finds what no callback told of. The last two hours, and once an hour the last two days. */
export const pullTransactions = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 300_000,
  alone: true,
  uniqueBy: () => 'pull',
  schedule: '*/15 * * * *',
  async run(_payload, { mpesa, store, db, clock, log, signal }) {
    if (!mpesa?.pull) return done()
    const { pullRegistration: registration } = mpesa
    if (registration && !registration.isDone) {
      const answer = await mpesa.client.registerPull(registration, signal)
      if (answer.outcome === 'no-answer') return offline(answer.detail)
      // It may have been registered in another way: whether it was, the books themselves say.
      if (answer.outcome === 'refused')
        log.warn({ detail: answer.detail }, 'M-PESA refused to register [mpesa] pull_number')
      registration.isDone = answer.outcome === 'registered'
    }
    const untilMs = clock.nowMs()
    const isFullHour = new Date(untilMs).getUTCMinutes() < 15
    const fromMs = untilMs - (isFullHour ? LONG_MS : SHORT_MS)
    const rows: Extract<PullAnswer, { outcome: 'rows' }>['rows'] = []
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await mpesa.client.pull({ fromMs, untilMs, offset: page * PULL_PAGE }, signal)
      if (answer.outcome === 'no-answer') return offline(answer.detail)
      rows.push(...answer.rows)
      if (answer.size < PULL_PAGE) break
    }
    // By a wrong clock it was another time that was asked about: what is not listed then is not missing.
    const window = isTimeTrusted({ db, nowMs: clock.nowMs() }) ? { fromMs, untilMs } : undefined
    await reconcileMoney({ store, db }, { channel: 'pull', rows, ...(window && { window }), source: 'M-PESA' })
    return done()
  },
})
