import { type GrantRow, grantById } from '../../src/access/grant-table.ts'
import { type SubscriptionRow, stepsOf, subscriptionById } from '../../src/access/subscription-table.ts'
import { createSubscription, type NewSubscription } from '../../src/access/subscriptions.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { openPurchase } from '../billing/purchase.ts'
import type { Rooms } from '../billing/rooms.ts'
import { runJob } from '../jobs/run-job.ts'
import { askAtDoor } from './door.ts'

export const DAY_MS = 86_400_000
export const MONTH_SECONDS = 30 * 86_400
export const SUBSCRIBER_PHONE = '254722000001'

/** A customer with a monthly connection, on the real rooms. */
export function openSubscriber(
  rooms: Rooms,
  change: Partial<NewSubscription> & { package?: Parameters<Rooms['addPackage']>[0] } = {},
) {
  const { package: sold, ...input } = change
  const packageId = rooms.addPackage({ type: 'pppoe', durationSeconds: MONTH_SECONDS, ...sold })
  const row = packageById(rooms.db, packageId)
  if (!row) throw new Error('no package')
  const subscriptionId = crypto.randomUUID()
  const outcome = rooms.run(createSubscription, {
    subscriptionId,
    customer: { phoneNumber: SUBSCRIBER_PHONE, name: 'Amina' },
    terms: { ...row, packageId, packageName: row.name },
    routerId: null,
    ...input,
  })
  if (outcome.outcome !== 'created') throw new Error(outcome.outcome)
  const read = (): SubscriptionRow => {
    const found = subscriptionById(rooms.db, subscriptionId)
    if (!found) throw new Error('no subscription')
    return found
  }
  const grant = (): GrantRow => {
    const found = grantById(rooms.db, read().grantId)
    if (!found) throw new Error('no grant')
    return found
  }
  return {
    subscriptionId,
    packageId,
    phoneNumber: input.customer?.phoneNumber ?? SUBSCRIBER_PHONE,
    get row() {
      return read()
    },
    get state() {
      return read().state
    },
    grant,
    steps: () => stepsOf(rooms.db, subscriptionId).map(({ event, toState }) => `${event}>${toState}`),
    /** What RADIUS says to the right user name and password. */
    radius: (password = grant().password) =>
      askAtDoor(rooms, { username: grant().username, password, macAddress: undefined }),
    isOnlineAllowed() {
      return this.radius().outcome === 'accept'
    },
    /** Pays like a customer: prompt, callback, and the job that decides what it was for. */
    async pay(change: Partial<Parameters<typeof openPurchase>[1]> = {}) {
      const purchase = openPurchase(rooms, {
        ...{ packageId, phoneNumber: this.phoneNumber, macAddress: null },
        ...change,
      }).prompted()
      purchase.paid({ amountCents: purchase.row.amountCents })
      await runJob(rooms, 'process-payment', { paymentId: purchase.paymentId })
      return purchase
    },
  }
}

export type Subscriber = ReturnType<typeof openSubscriber>
