import * as z from 'zod'
import { orderTerms } from './order-terms.ts'

const accessSource = z.object({ source: z.enum(['payment', 'voucher', 'operator']), sourceId: z.string() })
const payment = z.object({ paymentId: z.string() })
const refund = {
  refundId: z.string(),
  amountCents: z.int(),
  receipt: z.string().nullable(),
  reason: z.string(),
  requestedBy: z.string(),
  /** Null where one person's word was enough. */
  approvedBy: z.string().nullable(),
}
const subscription = z.object({
  subscriptionId: z.string(),
  accountNumber: z.string(),
  grantId: z.string(),
  packageId: z.int(),
})
const session = z.object({
  sessionId: z.int(),
  grantId: z.string().nullable(),
  routerId: z.int(),
  username: z.string(),
})

const granted = accessSource.extend({
  grantId: z.string(),
  expiresAtMs: z.int(),
  /** When to log the device in; left out: at once. */
  logInAtMs: z.int().optional(),
})

/**
 * What can happen, and what each fact carries: enough for the next room to act without asking back.
 * Only facts that something records stand here; later features add theirs.
 */
export const eventData = {
  'payment.requested': payment.extend({
    packageId: z.int(),
    routerId: z.int().nullable(),
    phoneMasked: z.string(),
    amountCents: z.int(),
    currency: z.string(),
    requestedAtMs: z.int(),
  }),
  'payment.prompted': payment.extend({ checkoutRequestId: z.string() }),
  'payment.completed': payment.extend({
    packageId: z.int(),
    amountCents: z.int(),
    currency: z.string(),
    receipt: z.string().nullable(),
    verifiedBy: z.string(),
  }),
  'payment.failed': payment.extend({ state: z.string(), failureCode: z.string() }),
  'payment.review_needed': payment.extend({ reason: z.string() }),
  /** The money is to go back; what it bought ends. */
  'payment.refund_filed': payment.extend(refund),
  /** The money could not be given back, and the purchase stands after all. */
  'payment.refund_dropped': payment.extend({
    voucherSourceId: z.string().nullable(),
    /** The access that the purchase opened or extended. */
    grantId: z.string().nullable(),
  }),
  'payment.refunded': payment.extend({ refundId: z.string(), amountCents: z.int(), currency: z.string() }),
  'money.unallocated': z.object({
    receiptId: z.int(),
    receipt: z.string(),
    channel: z.string(),
    amountCents: z.int(),
    billReference: z.string().nullable(),
    phoneNumber: z.string().nullable(),
  }),
  /** A refund of money that bought nothing, or that is not what its purchase was paid with: no access ends. */
  'money.refund_filed': z.object(refund),
  'money.refunded': z.object({ refundId: z.string(), amountCents: z.int(), receipt: z.string().nullable() }),
  /** Our own code failed at a message about money; the message is kept. */
  'money.not_weighed': z.object({ inbox: z.enum(['callback', 'money']), messageId: z.int() }),
  'settlement.closed': z.object({
    day: z.string(),
    receiptsCount: z.int(),
    receiptsCents: z.int(),
    refundsCents: z.int(),
    exceptions: z.int(),
    reportHash: z.string(),
    auditHead: z.string(),
  }),
  /** A package that costs nothing was given. `trialId` is asked about in the place of a payment's id. */
  'trial.given': z.object({
    trialId: z.string(),
    packageId: z.int(),
    routerId: z.int().nullable(),
    phoneMasked: z.string(),
  }),
  'hotspot_user.provision_requested': accessSource.extend({
    grantId: z.string(),
    packageId: z.int(),
    packageName: z.string(),
    durationSeconds: z.int(),
    /** Within what time from now everything must be used, paused or not. */
    validSeconds: z.int().nullable().optional(),
    dataLimitBytes: z.int().nullable(),
    downKbps: z.int().nullable(),
    upKbps: z.int().nullable(),
    deviceLimit: z.int(),
    phoneNumber: z.string().nullable(),
    macAddress: z.string().nullable(),
    /** The network vouches for the device: nobody only claims to be it. */
    deviceIsKnown: z.boolean().optional(),
    /** The network address of who names the device. */
    askedFrom: z.string().optional(),
    /** Its router is letting it in by itself. */
    isLoggingIn: z.boolean().optional(),
    routerId: z.int().nullable(),
    /** Beyond time, data and speed; left out where the package says nothing. */
    pausable: z.boolean().optional(),
    /** Its clock stands still while nobody is online with it. */
    pausesOffline: z.boolean().optional(),
    terms: orderTerms.optional(),
  }),
  'access.granted': granted,
  /** More time or data, or its clock goes on: `expiresAtMs` is its end from now on. */
  'access.extended': granted,
  /** Time that an outage took is given back: `expiresAtMs` is its end from now on. */
  'access.credited': accessSource.extend({
    grantId: z.string(),
    expiresAtMs: z.int(),
    seconds: z.int(),
    outageId: z.int(),
  }),
  /** `isOffline`: its last session ended, and nobody has to be taken off the network. */
  'access.paused': accessSource.extend({ grantId: z.string(), secondsLeft: z.int(), isOffline: z.boolean() }),
  /** Somebody is online again with what was paused because nobody was. */
  'access.continued': accessSource.extend({ grantId: z.string(), expiresAtMs: z.int() }),
  'hotspot_user.created': accessSource.extend({ grantId: z.string(), phoneNumber: z.string().nullable() }),
  'access.online': accessSource.extend({
    grantId: z.string(),
    routerId: z.int().nullable(),
    by: z.enum(['router', 'accounting']),
  }),
  'access.ended': accessSource.extend({ grantId: z.string(), reason: z.enum(['time-used', 'data-used', 'revoked']) }),
  'subscription.reconnection_requested': payment.extend({
    subscriptionId: z.string(),
    /** The phone whose subscription it becomes, when the payment opens a new one. */
    newForPhone: z.string().nullable(),
    routerId: z.int().nullable(),
    packageId: z.int(),
    packageName: z.string(),
    durationSeconds: z.int(),
    dataLimitBytes: z.int().nullable(),
    downKbps: z.int().nullable(),
    upKbps: z.int().nullable(),
    deviceLimit: z.int(),
    graceDays: z.int(),
    terms: orderTerms.optional(),
  }),
  'subscription.created': subscription,
  'subscription.renewed': subscription.extend({ paymentId: z.string().nullable(), paidUntilMs: z.int() }),
  'subscription.grace_started': subscription.extend({ endsAtMs: z.int() }),
  'subscription.disconnected': subscription.extend({ reason: z.string() }),
  'subscription.suspended': subscription,
  'subscription.resumed': subscription,
  'subscription.cancelled': subscription,
  'subscription.expired': subscription,
  'subscription.reminder_sent': subscription.extend({
    kind: z.enum(['due', 'grace']),
    days: z.int(),
    phoneMasked: z.string(),
  }),
  'access.terms_changed': z.object({ grantId: z.string(), needsNewLogin: z.boolean() }),
  'voucher.created': z.object({ batchId: z.string(), packageId: z.int(), count: z.int() }),
  'voucher.bought': payment.extend({ batchId: z.string() }),
  'voucher.expired': z.object({ batchId: z.string(), unused: z.int() }),
  'voucher.redeemed': z.object({ voucherId: z.int().nullable(), signedId: z.string().nullable(), grantId: z.string() }),
  /** Head office has heard of the same signed voucher from another site. `grantId`: what it gave here, if anything. */
  'voucher.used_elsewhere': z.object({
    signedId: z.string(),
    voucherSourceId: z.string(),
    atSite: z.string(),
    grantId: z.string().nullable(),
    endsAccess: z.boolean(),
  }),
  /** `voucherSourceId`: the one voucher whose access ends, too. */
  'voucher.revoked': z.object({
    voucherSourceId: z.string().nullable(),
    batchId: z.string().nullable(),
    unused: z.int(),
  }),
  'credentials.sent': accessSource.extend({ grantId: z.string(), phoneMasked: z.string() }),
  'credentials.failed': accessSource.extend({ grantId: z.string(), phoneMasked: z.string(), reason: z.string() }),
  'session.started': session,
  'session.stopped': session.extend({
    reason: z.string(),
    inputBytes: z.int(),
    outputBytes: z.int(),
    seconds: z.int(),
    /** When its router ended it at a limit that does not hold any more, because more was bought since the login. */
    cutShortAtMs: z.int().optional(),
  }),
  'session.expired': session.extend({ outcome: z.string(), askedAtMs: z.int() }),
  'usage.recorded': z.object({
    grantId: z.string(),
    usedBytes: z.int(),
    dataLimitBytes: z.int().nullable(),
    /** When the data will be used up at the present speed; null while that is not soon. */
    runsOutAtMs: z.int().nullable(),
  }),
  'router.registered': z.object({ routerId: z.int(), name: z.string() }),
  'router.connected': z.object({ routerId: z.int(), version: z.string().nullable(), failedSteps: z.array(z.string()) }),
  'package.status_changed': z.object({ packageId: z.int(), name: z.string(), active: z.boolean() }),
  'router.status_updated': z.object({
    routerId: z.int(),
    name: z.string(),
    online: z.boolean(),
    /** It started anew since it was last seen. */
    rebooted: z.boolean(),
    reason: z.string().nullable(),
  }),
  /** Nobody behind the router had Internet in that time: the router was away, or its uplink was. */
  'router.outage_ended': z.object({
    routerId: z.int(),
    reason: z.enum(['router', 'uplink']),
    beganAtMs: z.int(),
    endedAtMs: z.int(),
  }),
  'router.provisioning_progress': z.object({
    routerId: z.int(),
    stage: z.string(),
    percent: z.int(),
    message: z.string(),
  }),
  'router.provisioning_failed': z.object({ routerId: z.int(), stage: z.string(), message: z.string() }),
  'router.drift_repaired': z.object({ routerId: z.int(), why: z.string(), changes: z.array(z.string()) }),
  'access_point.status_updated': z.object({
    accessPointId: z.int(),
    routerId: z.int(),
    name: z.string(),
    online: z.boolean(),
  }),
  'vpn.status_updated': z.object({
    /** Null: a peer of the appliance itself. */
    routerId: z.int().nullable(),
    interface: z.string(),
    publicKey: z.string(),
    name: z.string().nullable(),
    online: z.boolean(),
  }),
  'account.suspended': z.object({ operatorId: z.int(), username: z.string(), untilMs: z.int() }),
  'log_rotation.completed': z.object({
    files: z.array(z.object({ name: z.string(), outcome: z.string(), bytes: z.int() })),
  }),
  'account.unsuspended': z.object({ operatorId: z.int(), username: z.string(), untilMs: z.int() }),
  'store.restored': z.object({
    reason: z.enum(['damaged', 'asked']),
    backupSeq: z.int(),
    backupAtMs: z.int(),
  }),
  'clock.uncertain': z.object({ reason: z.string() }),
  'clock.trusted': z.object({ reason: z.string() }),
  /** The wall clock was set; `starts`: from when on what was written down moves by how much, by the time before. */
  'clock.stepped': z.object({
    byMs: z.int(),
    starts: z.array(z.object({ fromMs: z.int(), byMs: z.int() })),
  }),
  'job.failed': z.object({ jobId: z.int(), name: z.string(), queue: z.string(), reason: z.string() }),
  'cloud.connected': z.object({}),
  'cloud.disconnected': z.object({}),
} as const

/** For live views only: not kept, not numbered, not sent to the cloud. */
const liveEventData = {
  'payment.moved': payment,
  /** Numbers by their names; null where there was nothing to measure. */
  'metrics.collected': z.record(z.string(), z.number().nullable()),
  /** The whole of `GET /api/dashboard`, as it is answered. */
  'dashboard.stats_updated': z.object({ stats: z.record(z.string(), z.unknown()) }),
  'session.updated': session.extend({ inputBytes: z.int(), outputBytes: z.int(), seconds: z.int() }),
  'router.live_data_updated': z.object({
    routerId: z.int(),
    atMs: z.int(),
    identity: z.string().nullable(),
    version: z.string().nullable(),
    model: z.string().nullable(),
    uptimeSeconds: z.int().nullable(),
    cpuPercent: z.number().nullable(),
    freeMemoryBytes: z.number().nullable(),
    totalMemoryBytes: z.number().nullable(),
    freeDiskBytes: z.number().nullable(),
    totalDiskBytes: z.number().nullable(),
    activeUsers: z.int(),
    leases: z.int(),
    hasDefaultRoute: z.boolean(),
    uplink: z.string().nullable(),
    interfaces: z.array(
      z.object({ name: z.string(), type: z.string(), running: z.boolean(), rxBytes: z.number(), txBytes: z.number() }),
    ),
    health: z.array(z.object({ name: z.string(), value: z.string(), unit: z.string() })),
  }),
} as const

export type EventType = keyof typeof eventData
export type EventData<Type extends EventType> = z.infer<(typeof eventData)[Type]>

/** A fact as it stands in the journal. `data` stays inside the house; `src/cloud` decides what of it may leave. */
export type JournalEntry = {
  [Type in EventType]: { id: string; seq: number; type: Type; timeMs: number; data: EventData<Type> }
}[EventType]

type LiveEventType = keyof typeof liveEventData

/** A hint for live views to look again. It is told after the commit, and lost when nobody listens. */
export type LiveEvent = {
  [Type in LiveEventType]: { type: Type; data: z.infer<(typeof liveEventData)[Type]> }
}[LiveEventType]
