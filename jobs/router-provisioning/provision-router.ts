import * as z from 'zod'
import { discard, done, effect, type JobOutcome, offline, retry, snooze } from '../../src/flow/job-outcome.ts'
import { type ConvergeOutcome, converge, planFor } from '../../src/routers/provision/converge.ts'
import {
  beginProvisioning,
  keptRouters,
  noteProvisioningEnd,
  noteProvisioningProgress,
  wishesOf,
} from '../../src/routers/provision/provisionings.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'
import { reconcileUsers, UserRefused } from './reconcile-users.ts'

const network = z.string().max(18)
const wantedServices = z.strictObject({
  hotspot: z
    .strictObject({ interface: z.string().optional(), ports: z.array(z.string()).optional(), network })
    .optional(),
  pppoe: z.strictObject({ interface: z.string(), network }).optional(),
})

const payload = z.strictObject({
  /** Left out: every router that is kept as wanted, each in a job of its own. */
  routerId: z.int().optional(),
  why: z.enum(['asked', 'adopted', 'reconnected', 'rebooted', 'daily']).default('daily'),
  dryRun: z.boolean().default(false),
  secrets: z.boolean().default(false),
  /** Only of a dry run: what would be kept. */
  wanted: wantedServices.optional(),
})

/** After a power cut the daemon is up before the network is. */
const NO_ADDRESS_MS = 15_000

type Order = z.infer<typeof payload> & { routerId: number }

/**
 * Makes a router be as wanted, step by step, and looks whether it is. Runs when somebody asks, when a router was adopted,
 * whenever one comes back or has started anew, and every night.
 */
export const provisionRouter = defineJob({
  payload,
  attempts: 2,
  timeoutMs: 120_000,
  backoffMs: [30_000],
  uniqueBy: ({ routerId, dryRun }) => `${routerId ?? 'all'}${dryRun ? ' dry' : ''}`,
  target: ({ routerId }) => (routerId === undefined ? undefined : `router ${routerId}`),
  schedule: '17 4 * * *',
  async run({ routerId, ...order }, services) {
    if (routerId === undefined) {
      for (const kept of keptRouters(services.db)) {
        await services.store.run(beginProvisioning, { routerId: kept, why: 'daily' })
      }
      return done()
    }
    try {
      return await provision({ ...order, routerId }, services)
    } catch (thrown) {
      if (thrown instanceof UserRefused) return retry(thrown.message)
      if (!(thrown instanceof RouterError)) throw thrown
      const isNo = (thrown.kind === 'trap' || thrown.kind === 'auth') && !thrown.sent
      return isNo ? stopped({ ...order, routerId }, thrown) : offline(thrown.message, `router ${routerId}`)
    }
  },
})

async function provision(order: Order, services: JobServices): Promise<JobOutcome> {
  const { db, gate, store, signal, log } = services
  const { routerId, why, dryRun } = order
  const router = routerById(db, routerId)
  if (!router) return discard(`there is no router ${routerId}`)
  const address = routerAddress(router)
  if (!address) return offline('the router has not called home yet', `router ${routerId}`)
  const appliance = await services.applianceFor(address.host)
  if (!appliance) {
    // Not the router is away: what others want of it does not wait.
    log.warn({ routerId }, 'this box has no address that the router could reach; it is set up once there is one')
    return snooze(NO_ADDRESS_MS)
  }
  const wishes = wishesOf(db, routerId)
  const speech = gate.speak(address, signal)
  const target = { router, wanted: order.wanted ?? wishes.wanted, appliance, secrets: order.secrets }

  if (dryRun) {
    const { changes, obstacles } = await planFor(speech, target)
    const [obstacle] = obstacles
    const failure = obstacle && { stage: obstacle.step, message: obstacle.message }
    const message = changes.length === 0 ? 'nothing would change' : `${changes.length} changes would be made`
    return done(
      effect(noteProvisioningEnd, {
        routerId,
        why,
        dryRun,
        failure,
        message,
        changes: changes.map(({ text }) => text),
      }),
    )
  }

  // A router that only holds users is none of ours to set up until somebody asks.
  const isAsked = why === 'asked' || why === 'adopted'
  const settings: ConvergeOutcome =
    isAsked || wishes.provisionedAtMs !== null
      ? await converge(speech, target, async ({ step, text }, index, count) => {
          const percent = 10 + Math.floor((index / count) * 75)
          await store.run(noteProvisioningProgress, { routerId, why, dryRun, stage: step, percent, message: text })
        })
      : { outcome: 'converged', changes: [] }
  if (settings.outcome === 'unreachable') return offline(settings.error.message, `router ${routerId}`)
  const changes = settings.changes.map(({ text }) => text)
  if (settings.outcome === 'stopped') {
    const { stage, message } = settings
    return done(effect(noteProvisioningEnd, { routerId, why, dryRun, failure: { stage, message }, message, changes }))
  }
  const users = await reconcileUsers(services, router, address)
  const all = [...changes, ...users.changes]
  const shadows =
    users.shadowing.length === 0 ? '' : `; users that hide ours from RADIUS: ${users.shadowing.join(', ')}`
  const message = `${all.length === 0 ? 'everything was as wanted' : `${all.length} changes made`}${shadows}`
  // Users alone do not make it a router that we set up.
  if (!isAsked && wishes.provisionedAtMs === null && all.length === 0) return done()
  return done(effect(noteProvisioningEnd, { routerId, why, dryRun, failure: undefined, message, changes: all }))
}

const stopped = ({ routerId, why, dryRun }: Order, { message }: RouterError): JobOutcome =>
  done(
    effect(noteProvisioningEnd, {
      ...{ routerId, why, dryRun, message, changes: [] },
      failure: { stage: 'connecting', message },
    }),
  )
