import * as z from 'zod'
import { MlangoError } from '../../src/errors.ts'
import { command } from '../../src/flow/command.ts'
import type { AnyJobDefinition, JobCatalogue } from '../../src/flow/job-definition.ts'
import { done, type JobOutcome } from '../../src/flow/job-outcome.ts'
import type { RunServices } from '../../src/flow/job-run.ts'

export type Handler = (payload: { what: string }, services: RunServices) => Promise<JobOutcome>

/** Records a fact that anybody may count. */
export const noteFact = command('test.note', ({ journal }, _input: object) => journal.record('cloud.connected', {}))

/** Records a fact, and then does not want it. */
export const refuse = command('test.refuse', ({ journal }, _input: object): void => {
  journal.record('cloud.connected', {})
  throw new MlangoError('not-today', 'This is refused.')
})

export const stumble = command('test.stumble', ({ journal }, _input: object): void => {
  journal.record('cloud.connected', {})
  throw new TypeError('a bug')
})

/** One kind of job and more per pool; what each does is the test's to say. Without a handler it is done at once. */
export function testJobs(handlers: ReadonlyMap<string, Handler>): JobCatalogue {
  const job = (name: string, more: Partial<AnyJobDefinition> = {}): Record<string, AnyJobDefinition> => ({
    [name]: {
      payload: z.strictObject({ what: z.string().optional() }),
      timeoutMs: 30_000,
      ...more,
      run: async (payload, services) => (await handlers.get(name)?.(payload, services)) ?? done(),
    },
  })
  return {
    'hotspot-provisioning': {
      ...job('open-door', { uniqueBy: ({ what }) => what, rerun: true }),
      ...job('ring-bell', { attempts: 2, backoffMs: [1_000] }),
    },
    payments: job('take-money'),
    'hotspot-sms': job('send-text'),
    'router-provisioning': job('set-up-router', { target: ({ what }) => `router ${what}` }),
    dashboard: job('paint-house', { alone: true }),
    'session-management': job('close-shop'),
    metrics: job('count-heads', { local: true }),
    notifications: job('remind', { rate: { key: ({ what }) => what, runs: 2, perMs: 60_000 } }),
    maintenance: job('sweep-floor', { uniqueBy: () => 'all' }),
  }
}
