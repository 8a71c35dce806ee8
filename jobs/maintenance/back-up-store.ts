import * as z from 'zod'
import { MlangoError } from '../../src/errors.ts'
import { discard, done } from '../../src/flow/job-outcome.ts'
import { defineJob } from '../services.ts'

/** A proven copy of the database every hour in which something happened. A database that cannot be copied whole is damaged: somebody must hear of it. */
export const backUpStore = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 600_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '20 * * * *',
  async run(_payload, { backUp, log, signal }) {
    try {
      log.info(await backUp(signal), 'backup')
      return done()
    } catch (thrown) {
      if (signal.aborted || !(thrown instanceof MlangoError)) throw thrown
      log.error({ code: thrown.code, reason: thrown.message }, 'no backup could be made')
      return discard(thrown.message)
    }
  },
})
