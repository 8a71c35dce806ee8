import { Hono } from 'hono'
import * as z from 'zod'
import { reconcileMoney } from '../../billing/reconcile-money.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { readStatement } from '../../mpesa/statement.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'

const comparedAnswer = z.object({
  lines: z.int(),
  left_out: z.int(),
  withdrawn: z.int(),
  matched: z.int(),
  missing_here: z.int(),
  missing_there: z.int(),
  amount_differs: z.int(),
  paid: z.int(),
  unallocated: z.int(),
  failed: z.int(),
})
const jobAnswer = z.object({ job_id: z.int() })

/** What M-PESA's own books say: its statements, its pull, and where it reports money that comes without a prompt. */
export function mpesaBooksApi({ store, db, config }: House, { admin, act, noted }: Guards): Hono {
  const app = new Hono()

  const compare = call({
    does: 'Holds M-PESA’s statement (text/csv) against what is known here, and settles what was missed.',
    answers: { 200: comparedAnswer },
  })
  app.post('/api/receipts/statement', admin, compare, async (c) => {
    const statement = readStatement(await c.req.text())
    if (!statement) {
      throw problem(422, 'invalid-input', 'This is no statement: no line names a receipt and an amount column.')
    }
    const { shortcode, till } = config.mpesa
    // What it lists is booked, and nothing that is booked is ever taken out again.
    if (
      statement.shortcode !== undefined &&
      shortcode !== undefined &&
      ![shortcode, till].includes(statement.shortcode)
    ) {
      throw problem(
        422,
        'other-shortcode',
        `This is the statement of ${statement.shortcode}, and the site's is ${till ?? shortcode}.`,
      )
    }
    if (statement.unclear) {
      const { receipt, amount } = statement.unclear
      throw problem(
        422,
        'invalid-input',
        `In the line of ${receipt || 'no receipt'} "${amount}" is no amount as M-PESA writes it (1,010.00): nothing of this file was booked.`,
      )
    }
    const source = c.get('actor').name
    // Many commits: each tells its source, and the whole was asked for whatever becomes of the rest.
    await noted(c, 'receipt.import', `${statement.rows.length} lines of a statement`)
    const { rows, out, balance } = statement
    const result = await reconcileMoney({ store, db }, { channel: 'statement', rows, out, balance, source })
    return c.json({
      lines: statement.rows.length,
      left_out: statement.leftOut,
      withdrawn: statement.out.length,
      matched: result.matched,
      missing_here: result.missingHere,
      missing_there: result.missingThere,
      amount_differs: result.amountDiffers,
      paid: result.outcomes.paid ?? 0,
      unallocated: result.outcomes.unallocated ?? 0,
      failed: result.failed,
    })
  })

  const register = call({
    does: 'Tells M-PESA, once per shortcode, where to report money that comes without a prompt.',
    answers: { 202: jobAnswer },
  })
  app.post('/api/mpesa/c2b/register', admin, register, async (c) => {
    if (config.mpesa.consumer_key === undefined) throw problem(409, 'mpesa-not-configured', 'Set up [mpesa] first.')
    const note = { action: 'mpesa.register-c2b', subject: 'job', made: '' } as const
    const jobId = await act(c, enqueueJob, { name: 'register-c2b-urls', payload: {} }, note)
    return c.json({ job_id: jobId }, 202)
  })

  const pull = call({ does: 'Looks into M-PESA’s own books now.', answers: { 202: jobAnswer } })
  app.post('/api/receipts/pull', admin, pull, async (c) => {
    if (!config.mpesa.pull) throw problem(409, 'pull-not-enabled', 'Set [mpesa] pull once Safaricom has enabled it.')
    const note = { action: 'receipt.pull', subject: 'job', made: '' } as const
    const jobId = await act(c, enqueueJob, { name: 'pull-transactions', payload: {} }, note)
    return c.json({ job_id: jobId }, 202)
  })

  return app
}
