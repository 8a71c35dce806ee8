import * as z from 'zod'
import { discard, done, effect, type JobOutcome, offline, snooze, unasked } from '../../src/flow/job-outcome.ts'
import { type ConvergeOutcome, converge } from '../../src/routers/provision/converge.ts'
import { type Failure, isWarning, planFor } from '../../src/routers/provision/plan.ts'
import {
  beginProvisioning,
  noteProvisioningEnd,
  noteProvisioningProgress,
} from '../../src/routers/provision/provisionings.ts'
import { isKept, keptRouters, type Wishes, wishesOf } from '../../src/routers/provision/wishes.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import { type RouterRow, routerById } from '../../src/routers/router-table.ts'
import type { RouterAddress } from '../../src/routers/routeros-connection.ts'
import { defineJob, type JobServices } from '../services.ts'
import { reconcileUsers, type UsersReconciled } from './reconcile-users.ts'

const network = z.string().max(18)
const wantedServices = z.strictObject({
  useHotspots: z.array(z.string()).optional(),
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
  /** Of what was asked for: what that is, is among the wishes. */
  orderNumber: z.int().optional(),
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
  // Never two at one router; and after a power cut slow routers must not keep checks and the ends of sessions waiting.
  alone: true,
  backoffMs: [30_000],
  // An order that comes while another waits or runs must not be lost in it.
  uniqueBy: ({ routerId = 'all', dryRun, wanted, orderNumber }) =>
    `${routerId}${dryRun ? ` dry ${JSON.stringify(wanted ?? null)}` : ''}${orderNumber === undefined ? '' : ` order ${orderNumber}`}`,
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
      if (!(thrown instanceof RouterError)) throw thrown
      if (isRefusal(thrown)) return stopped({ ...order, routerId }, thrown, wishesOf(services.db, routerId))
      return offline(thrown.message, `router ${routerId}`)
    }
  },
})

async function provision(order: Order, services: JobServices): Promise<JobOutcome> {
  const { db, gate, store, signal, log, jobId } = services
  const { routerId, dryRun } = order
  const router = routerById(db, routerId)
  if (!router) return discard(`there is no router ${routerId}`)
  const wishes = wishesOf(db, routerId)
  const { orderNumber } = wishes
  // Any run does what is due, so this order is done, or a newer one has a job of its own.
  if (order.orderNumber !== undefined && (wishes.due === null || order.orderNumber !== orderNumber))
    return unasked(done())
  const why = dryRun ? order.why : (wishes.due ?? order.why)
  const address = routerAddress(router)
  if (!address) return offline('the router has not called home yet', `router ${routerId}`)
  const appliance = await services.applianceFor(address.host)
  if (!appliance) {
    // Not the router is away: what others want of it does not wait.
    log.warn({ routerId }, 'this box has no address that the router could reach; it is set up once there is one')
    return unasked(snooze(NO_ADDRESS_MS))
  }
  const speech = gate.speak(address, signal)
  const wanted = order.wanted ?? wishes.wanted
  const target = { router, wanted, appliance, secrets: wishes.secretsDue, pages: wishes.due !== null }

  if (dryRun) {
    const { changes, failures } = await planFor(speech, target)
    const said = changes.length === 0 ? 'nothing would change' : `${changes.length} changes would be made`
    const end = { changes: changes.map(({ text }) => text), orderNumber, secretsWritten: false }
    return done(effect(noteProvisioningEnd, { routerId, why, dryRun, ...verdict(failures, said), ...end }))
  }

  // A router that only holds users is none of ours to set up until somebody asks.
  const settings: ConvergeOutcome = isKept(wishes)
    ? await converge(speech, target, async ({ step, text }, index, count) => {
        const percent = 10 + Math.floor((index / count) * 75)
        const said = { stage: step, percent, message: text }
        await store.run(noteProvisioningProgress, { jobId, routerId, why, dryRun, ...said })
      })
    : { outcome: 'converged', changes: [], failures: [], secretsWritten: false }
  if (settings.outcome === 'unreachable') return offline(settings.error.message, `router ${routerId}`)
  // Whatever cannot be set right: who has paid is let in.
  const users = await usersOrFailure(services, router, address)
  const changes = [...settings.changes.map(({ text }) => text), ...users.changes]
  const failures = [...settings.failures, ...users.failures]
  // Users alone do not make it a router that we set up.
  if (!isKept(wishes) && changes.length === 0 && failures.length === 0) return done()
  const shadows =
    users.shadowing.length === 0 ? '' : `; users that hide ours from RADIUS: ${users.shadowing.join(', ')}`
  const said = `${changes.length === 0 ? 'everything was as wanted' : `${changes.length} changes made`}${shadows}`
  const end = { changes, orderNumber, secretsWritten: settings.secretsWritten }
  return done(effect(noteProvisioningEnd, { routerId, why, dryRun, ...verdict(failures, said), ...end }))
}

async function usersOrFailure(
  services: JobServices,
  router: RouterRow,
  address: RouterAddress,
): Promise<UsersReconciled & { failures: Failure[] }> {
  try {
    const users = await reconcileUsers(services, router, address)
    return {
      ...users,
      failures: users.refused.length === 0 ? [] : [{ step: 'users', message: namesOf(users.refused) }],
    }
  } catch (thrown) {
    if (!(thrown instanceof RouterError && isRefusal(thrown))) throw thrown
    return { changes: [], refused: [], shadowing: [], failures: [{ step: 'users', message: thrown.message }] }
  }
}

/** A sentence is to be read; a thousand users would be none. */
const MOST_NAMES = 50

function namesOf(users: string[]): string {
  const [named, more] = [users.toSorted().slice(0, MOST_NAMES), users.length - MOST_NAMES]
  return `the router refused users: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** The first thing that went wrong gives the stage; all are told. */
function verdict(failures: Failure[], said: string) {
  const grave = failures.filter((failure) => !isWarning(failure))
  const warnings = failures.filter(isWarning).map(({ message }) => `; ${message}`)
  const [first] = grave
  const failure = first && { stage: first.step, message: failures.map(({ message }) => message).join('; ') }
  return { failure, message: `${said}${warnings.join('')}` }
}

/** A definite no; anything else is worth coming back for. */
const isRefusal = ({ kind, sent }: RouterError): boolean => (kind === 'trap' || kind === 'auth') && !sent

const stopped = ({ routerId, why, dryRun }: Order, { message }: RouterError, { orderNumber }: Wishes): JobOutcome =>
  done(
    effect(noteProvisioningEnd, {
      ...{ routerId, why, dryRun, message, changes: [], orderNumber, secretsWritten: false },
      failure: { stage: 'connecting', message },
    }),
  )
