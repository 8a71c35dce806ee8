import { z } from 'zod'

const accessSource = z.object({ source: z.enum(['payment', 'voucher', 'operator']), sourceId: z.string() })
const payment = z.object({ paymentId: z.string() })
const session = z.object({
  sessionId: z.int(),
  grantId: z.string().nullable(),
  routerId: z.int(),
  username: z.string(),
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
  'hotspot_user.provision_requested': accessSource.extend({
    grantId: z.string(),
    packageId: z.int(),
    packageName: z.string(),
    durationSeconds: z.int(),
    dataLimitBytes: z.int().nullable(),
    downKbps: z.int().nullable(),
    upKbps: z.int().nullable(),
    deviceLimit: z.int(),
    phoneNumber: z.string().nullable(),
    macAddress: z.string().nullable(),
    routerId: z.int().nullable(),
  }),
  'access.granted': accessSource.extend({ grantId: z.string(), expiresAtMs: z.int() }),
  'hotspot_user.created': accessSource.extend({ grantId: z.string(), phoneNumber: z.string().nullable() }),
  'access.online': accessSource.extend({
    grantId: z.string(),
    routerId: z.int().nullable(),
    by: z.enum(['router', 'accounting']),
  }),
  'access.ended': accessSource.extend({ grantId: z.string(), reason: z.enum(['time-used', 'data-used', 'revoked']) }),
  'voucher.created': z.object({ batchId: z.string(), packageId: z.int(), count: z.int() }),
  'voucher.redeemed': z.object({ voucherId: z.int(), grantId: z.string() }),
  'credentials.sent': accessSource.extend({ grantId: z.string(), phoneMasked: z.string() }),
  'credentials.failed': accessSource.extend({ grantId: z.string(), phoneMasked: z.string(), reason: z.string() }),
  'session.started': session,
  'session.stopped': session.extend({
    reason: z.string(),
    inputBytes: z.int(),
    outputBytes: z.int(),
    seconds: z.int(),
  }),
  'session.expired': session.extend({ outcome: z.string() }),
  'router.registered': z.object({ routerId: z.int(), name: z.string() }),
  'router.connected': z.object({ routerId: z.int(), version: z.string().nullable(), failedSteps: z.array(z.string()) }),
  'router.status_updated': z.object({
    routerId: z.int(),
    name: z.string(),
    online: z.boolean(),
    /** It started anew since it was last seen. */
    rebooted: z.boolean(),
    reason: z.string().nullable(),
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
  'job.failed': z.object({ jobId: z.int(), name: z.string(), queue: z.string(), reason: z.string() }),
  'cloud.connected': z.object({}),
  'cloud.disconnected': z.object({}),
} as const

/** For live views only: not kept, not numbered, not sent to the cloud. */
const liveEventData = {
  'payment.moved': payment,
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

/** Something to look at again. It is told after the commit, and lost when nobody listens. */
export type LiveEvent = {
  [Type in LiveEventType]: { type: Type; data: z.infer<(typeof liveEventData)[Type]> }
}[LiveEventType]
