import * as z from 'zod'
import type { AnyJobDefinition, JobCatalogue } from '../../src/flow/job-definition.ts'
import { done } from '../../src/flow/job-outcome.ts'
import type { PoolName } from '../../src/flow/queues.ts'

/** The daemon's usual workers: seven in all. */
export const WORKERS: Readonly<Record<PoolName, number>> = { hotspot: 3, payments: 2, general: 2 }

/** For each worker one turn, so that every pool has work to the end. */
export const TURNS = ['open', 'open', 'open', 'pay', 'pay', 'tidy', 'tidy'] as const

export const noopJob = (started: () => void): AnyJobDefinition => ({
  payload: z.strictObject({ n: z.int() }),
  timeoutMs: 30_000,
  run: async () => {
    started()
    return done()
  },
})

/** A job that does nothing in each pool. */
export function noopJobs(local: boolean, started: () => void): JobCatalogue {
  const job = { ...noopJob(started), local }
  return { 'hotspot-provisioning': { open: job }, payments: { pay: job }, maintenance: { tidy: job } }
}
