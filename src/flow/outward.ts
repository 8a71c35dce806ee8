import type { EventData, EventType, JournalEntry, LiveEvent } from './events.ts'

/** A journal entry as it leaves the house: what the cloud stores and what the console listens to. */
export interface OutwardEntry {
  id: string
  seq: number
  site: string
  type: string
  /** ISO 8601 UTC. */
  time: string
  schema: 1
  /** In snake_case; a moment (`expiresAtMs`, `untilMs`) is ISO 8601 under its bare name (`expires_at`, `until`). */
  data: Record<string, unknown>
}

type Leaving = { [Type in EventType]: readonly (keyof EventData<Type>)[] }

const source = ['source', 'sourceId'] as const
const subscription = ['subscriptionId', 'accountNumber', 'grantId', 'packageId'] as const
/** Enough for who may move money out to do it. */
const refund = ['refundId', 'amountCents', 'receipt', 'reason', 'requestedBy', 'approvedBy'] as const
const session = ['sessionId', 'grantId', 'routerId', 'username'] as const

/**
 * What may leave, event by event. A new event is a compile error here, a new field stays inside until it is listed.
 * Inside stay: phone numbers in clear, devices' addresses, and the checkout id, which ends in the payer's number.
 */
export const leaving: Leaving = {
  'payment.requested': [
    'paymentId',
    'packageId',
    'routerId',
    'phoneMasked',
    'amountCents',
    'currency',
    'requestedAtMs',
  ],
  'payment.prompted': ['paymentId'],
  'payment.completed': ['paymentId', 'packageId', 'amountCents', 'currency', 'receipt', 'verifiedBy'],
  'payment.failed': ['paymentId', 'state', 'failureCode'],
  'payment.review_needed': ['paymentId', 'reason'],
  'payment.refund_filed': ['paymentId', ...refund],
  'payment.refund_dropped': ['paymentId'],
  'payment.refunded': ['paymentId', 'refundId', 'amountCents', 'currency'],
  'money.unallocated': ['receiptId', 'receipt', 'channel', 'amountCents'],
  'money.refund_filed': refund,
  'money.refunded': ['refundId', 'amountCents', 'receipt'],
  'money.not_weighed': ['inbox', 'messageId'],
  'settlement.closed': [
    'day',
    'receiptsCount',
    'receiptsCents',
    'refundsCents',
    'exceptions',
    'reportHash',
    'auditHead',
  ],
  'trial.given': ['trialId', 'packageId', 'routerId', 'phoneMasked'],
  'hotspot_user.provision_requested': [
    ...source,
    'grantId',
    'packageId',
    'packageName',
    'durationSeconds',
    'dataLimitBytes',
    'downKbps',
    'upKbps',
    'deviceLimit',
    'routerId',
  ],
  'access.granted': [...source, 'grantId', 'expiresAtMs'],
  'access.extended': [...source, 'grantId', 'expiresAtMs'],
  'access.credited': [...source, 'grantId', 'expiresAtMs', 'seconds', 'outageId'],
  'access.paused': [...source, 'grantId', 'secondsLeft', 'isOffline'],
  'access.continued': [...source, 'grantId', 'expiresAtMs'],
  'hotspot_user.created': [...source, 'grantId'],
  'access.online': [...source, 'grantId', 'routerId', 'by'],
  'access.ended': [...source, 'grantId', 'reason'],
  'subscription.reconnection_requested': [
    'paymentId',
    'subscriptionId',
    'packageId',
    'packageName',
    'durationSeconds',
    'dataLimitBytes',
    'downKbps',
    'upKbps',
    'deviceLimit',
    'graceDays',
  ],
  'subscription.created': subscription,
  'subscription.renewed': [...subscription, 'paymentId', 'paidUntilMs'],
  'subscription.grace_started': [...subscription, 'endsAtMs'],
  'subscription.disconnected': [...subscription, 'reason'],
  'subscription.suspended': subscription,
  'subscription.resumed': subscription,
  'subscription.cancelled': subscription,
  'subscription.expired': subscription,
  'subscription.reminder_sent': [...subscription, 'kind', 'days', 'phoneMasked'],
  'access.terms_changed': ['grantId', 'needsNewLogin'],
  'voucher.created': ['batchId', 'packageId', 'count'],
  'voucher.bought': ['paymentId', 'batchId'],
  'voucher.expired': ['batchId', 'unused'],
  'voucher.redeemed': ['voucherId', 'signedId', 'grantId'],
  'voucher.used_elsewhere': ['signedId', 'atSite', 'grantId', 'endsAccess'],
  'voucher.revoked': ['voucherSourceId', 'batchId', 'unused'],
  'credentials.sent': [...source, 'grantId', 'phoneMasked'],
  'credentials.failed': [...source, 'grantId', 'phoneMasked', 'reason'],
  'session.started': session,
  'session.stopped': [...session, 'reason', 'inputBytes', 'outputBytes', 'seconds'],
  'session.expired': [...session, 'outcome', 'askedAtMs'],
  'usage.recorded': ['grantId', 'usedBytes', 'dataLimitBytes', 'runsOutAtMs'],
  'router.registered': ['routerId', 'name'],
  'router.connected': ['routerId', 'version', 'failedSteps'],
  'package.status_changed': ['packageId', 'name', 'active'],
  'router.status_updated': ['routerId', 'name', 'online', 'rebooted', 'reason'],
  'router.outage_ended': ['routerId', 'reason', 'beganAtMs', 'endedAtMs'],
  'router.provisioning_progress': ['routerId', 'stage', 'percent', 'message'],
  'router.provisioning_failed': ['routerId', 'stage', 'message'],
  'router.drift_repaired': ['routerId', 'why', 'changes'],
  'access_point.status_updated': ['accessPointId', 'routerId', 'name', 'online'],
  'vpn.status_updated': ['routerId', 'interface', 'publicKey', 'name', 'online'],
  'account.suspended': ['operatorId', 'username', 'untilMs'],
  'log_rotation.completed': ['files'],
  'account.unsuspended': ['operatorId', 'username', 'untilMs'],
  'store.restored': ['reason', 'backupSeq', 'backupAtMs'],
  'clock.uncertain': ['reason'],
  'clock.trusted': ['reason'],
  'clock.stepped': ['byMs'],
  'job.failed': ['jobId', 'name', 'queue', 'reason'],
  'cloud.connected': [],
  'cloud.disconnected': [],
}

/** Never throws: an entry of another release goes out with what is known of it, so that it cannot block the journal. */
export function outwardEntry(entry: JournalEntry, siteId: string): OutwardEntry {
  const inside = entry.data as Record<string, unknown>
  const keys: readonly string[] = leaving[entry.type] ?? []
  return {
    id: entry.id,
    seq: entry.seq,
    site: siteId,
    type: entry.type,
    time: isoTime(entry.timeMs),
    schema: 1,
    data: Object.fromEntries(
      keys.filter((key) => inside[key] !== undefined).map((key) => outwardField(key, inside[key])),
    ),
  }
}

/** What live views are told: as an entry, without a number, for it is not kept. */
export type OutwardLiveEvent = Omit<OutwardEntry, 'id' | 'seq'>

/** Undefined for what is told only inside the house. */
export function outwardLive(event: LiveEvent, siteId: string, atMs: number): OutwardLiveEvent | undefined {
  const data = liveData(event)
  return data && { site: siteId, type: event.type, time: isoTime(atMs), schema: 1, data }
}

function liveData({ type, data }: LiveEvent): Record<string, unknown> | undefined {
  switch (type) {
    case 'payment.moved':
      return undefined
    case 'metrics.collected':
      return data
    case 'dashboard.stats_updated':
      return data.stats
    case 'session.updated':
      return outwardObject(data)
    case 'router.live_data_updated':
      return { ...outwardObject(data), interfaces: data.interfaces.map(outwardObject) }
  }
}

const outwardObject = (inside: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(inside).map(([key, value]) => outwardField(key, value)))

function outwardField(key: string, value: unknown): [string, unknown] {
  const moment = /^(at|.*At|.*Until|until)Ms$/.exec(key)?.[1]
  if (moment !== undefined) return [snakeCase(moment), typeof value === 'number' ? isoTime(value) : null]
  return [snakeCase(key), key === 'reason' && typeof value === 'string' ? withoutNumbers(value) : value]
}

/** Reasons quote what far ends said, and gateways like to repeat the number they were given. */
const withoutNumbers = (text: string) => text.replace(/\+?\d{9,}/g, '•••')

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

function isoTime(ms: number): string {
  const time = new Date(ms)
  return Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString()
}
