import { catalogue } from '../jobs/catalogue.ts'
import { openGrant } from './access/open-grant.ts'
import { keepOutage } from './access/outages.ts'
import { failProvisional, trustPayer } from './access/provisional.ts'
import { restoreRenewal, withdrawRenewal } from './access/subscription-refund.ts'
import { noteAccessEnded } from './access/subscription-times.ts'
import { renewSubscription } from './access/subscriptions.ts'
import { wakeWaitingAccess } from './access/waiting-access.ts'
import { restoreGrant, withdrawGrant } from './access/withdraw.ts'
import { notePaymentDelivered, notePaymentStands } from './billing/deliver.ts'
import { followClockWithPayments } from './billing/follow-clock.ts'
import { placeLooseMoney } from './billing/walk-in.ts'
import { jobsOf, type Reactions, runs } from './flow/consequence.ts'
import { beginProvisioning, noteProvisioningBroken } from './routers/provision/provisionings.ts'
import { beginProbe, probeAgain } from './routers/watch/probes.ts'

const job = jobsOf(catalogue)

/** M-PESA's callback usually comes within this time; only then is it worth asking. */
const FIRST_LOOK_MS = 12_000

/** A router tells of a session's end within moments; after this time it is asked whether it has. */
const STOP_WAIT_MS = 30_000

const whenDue = (runAtMs: number | undefined) => (runAtMs === undefined ? {} : { runAtMs })

const delivered = (
  by: 'online' | 'code-sent' | 'access-changed',
  { source, sourceId }: { source: string; sourceId: string },
) => (source === 'payment' ? [runs(notePaymentDelivered, { paymentId: sourceId, by })] : [])

/** The whole trade on one screen. Everything a fact causes is stored with it, in one commit. A missing event is a compile error. */
export const reactions: Reactions = {
  'payment.requested': ({ paymentId, requestedAtMs }) => [
    job('initiate-stk-push', { paymentId }),
    job('reconcile-payments', { paymentId }, { runAtMs: requestedAtMs + FIRST_LOOK_MS }),
  ],
  'payment.prompted': () => [],
  'payment.completed': ({ paymentId }) => [
    runs(trustPayer, { paymentId }),
    job('process-payment', { paymentId }),
    runs(placeLooseMoney, { paymentId }),
  ],
  // Nobody knows what became of one that has expired.
  'payment.failed': ({ paymentId, state, failureCode }) =>
    state === 'EXPIRED' && failureCode === 'unknown'
      ? []
      : [runs(failProvisional, { paymentId }), runs(placeLooseMoney, { paymentId })],
  'payment.review_needed': ({ paymentId }) => [job('reconcile-payments', { paymentId })],

  'payment.refund_filed': ({ paymentId }) => [
    runs(withdrawGrant, { source: 'payment', sourceId: paymentId }),
    runs(withdrawRenewal, { paymentId }),
  ],
  'payment.refund_dropped': ({ paymentId, voucherSourceId, grantId }) => [
    runs(restoreGrant, { source: 'payment', sourceId: paymentId }),
    runs(restoreRenewal, { paymentId }),
    ...(voucherSourceId === null
      ? []
      : [runs(restoreGrant, { source: 'voucher', sourceId: voucherSourceId }), job('send-voucher-sms', { paymentId })]),
    ...(grantId === null ? [] : [job('send-credentials-sms', { grantId })]),
    runs(notePaymentStands, { paymentId }),
    job('process-payment', { paymentId }),
  ],
  'payment.refunded': () => [],
  'money.unallocated': ({ receiptId }) => [job('place-money', { receiptId })],
  'money.refund_filed': () => [],
  'money.refunded': () => [],
  'money.not_weighed': (message) => [job('weigh-message', message)],
  'settlement.closed': () => [],

  'voucher.created': () => [],
  'voucher.bought': ({ paymentId }) => [
    runs(notePaymentDelivered, { paymentId, by: 'voucher-made' }),
    job('send-voucher-sms', { paymentId }),
  ],
  'voucher.expired': () => [],
  'voucher.redeemed': () => [],
  'voucher.used_elsewhere': ({ voucherSourceId: sourceId, endsAccess }) =>
    endsAccess ? [runs(withdrawGrant, { source: 'voucher', sourceId })] : [],
  'voucher.revoked': ({ voucherSourceId: sourceId }) =>
    sourceId === null ? [] : [runs(withdrawGrant, { source: 'voucher', sourceId })],

  'trial.given': () => [],
  'hotspot_user.provision_requested': (order) => [runs(openGrant, order)],
  'access.granted': ({ grantId, expiresAtMs, logInAtMs }) => [
    job('create-hotspot-user', { grantId }, whenDue(logInAtMs)),
    job('check-expired-sessions', { grantId }, { runAtMs: expiresAtMs }),
  ],
  'access.extended': ({ grantId, expiresAtMs, logInAtMs, ...cause }) => [
    job('create-hotspot-user', { grantId }, whenDue(logInAtMs)),
    job('check-expired-sessions', { grantId }, { runAtMs: expiresAtMs }),
    job('apply-access-terms', { grantId, needsNewLogin: false }),
    ...delivered('access-changed', cause),
  ],
  'access.credited': ({ grantId, expiresAtMs }) => [
    job('create-hotspot-user', { grantId }),
    job('check-expired-sessions', { grantId }, { runAtMs: expiresAtMs }),
    job('apply-access-terms', { grantId, needsNewLogin: false }),
  ],
  'access.paused': ({ grantId, isOffline }) =>
    isOffline ? [] : [job('disconnect-expired-sessions', { grantId }), runs(wakeWaitingAccess, { grantId })],
  'access.continued': ({ grantId, expiresAtMs }) => [
    job('check-expired-sessions', { grantId }, { runAtMs: expiresAtMs }),
  ],
  'hotspot_user.created': ({ grantId, phoneNumber }) =>
    phoneNumber === null ? [] : [job('send-credentials-sms', { grantId })],
  'access.online': (cause) => delivered('online', cause),
  'access.ended': ({ grantId, reason }) => [
    job('disconnect-expired-sessions', { grantId }),
    runs(noteAccessEnded, { grantId, reason }),
    runs(wakeWaitingAccess, { grantId }),
  ],
  'access.terms_changed': ({ grantId, needsNewLogin }) => [job('apply-access-terms', { grantId, needsNewLogin })],
  'credentials.sent': (cause) => delivered('code-sent', cause),
  'credentials.failed': () => [],

  'subscription.reconnection_requested': (order) => [runs(renewSubscription, order)],
  'subscription.created': () => [],
  'subscription.renewed': ({ subscriptionId, paymentId }) => [
    job('reconnect-subscription', { subscriptionId }),
    ...(paymentId === null ? [] : [runs(notePaymentDelivered, { paymentId, by: 'renewed' })]),
  ],
  'subscription.grace_started': () => [],
  'subscription.disconnected': () => [],
  'subscription.suspended': () => [],
  'subscription.resumed': () => [],
  'subscription.cancelled': () => [],
  'subscription.expired': () => [],
  'subscription.reminder_sent': () => [],

  'session.started': () => [],
  'session.stopped': ({ sessionId, grantId, cutShortAtMs }) => {
    if (cutShortAtMs !== undefined) return [job('log-in-again', { sessionId, endedAtMs: cutShortAtMs })]
    return grantId === null ? [] : [runs(wakeWaitingAccess, { grantId })]
  },
  'session.expired': ({ sessionId, outcome, askedAtMs }) =>
    outcome === 'already-gone'
      ? []
      : [job('confirm-session-end', { sessionId }, { runAtMs: askedAtMs + STOP_WAIT_MS })],
  'usage.recorded': ({ grantId, runsOutAtMs }) =>
    runsOutAtMs === null ? [] : [job('check-usage', { grantId, dueAtMs: runsOutAtMs }, { runAtMs: runsOutAtMs })],

  'package.status_changed': () => [],
  'router.registered': ({ routerId }) => [runs(beginProbe, { routerId })],
  'router.connected': ({ routerId }) => [runs(beginProbe, { routerId })],
  'router.status_updated': ({ routerId, online, rebooted }) =>
    online
      ? [
          runs(probeAgain, { routerId }),
          runs(beginProvisioning, { routerId, why: rebooted ? 'rebooted' : 'reconnected' }),
        ]
      : [],
  'router.outage_ended': (outage) => [runs(keepOutage, outage), job('credit-outage', outage)],
  'router.provisioning_progress': () => [],
  'router.provisioning_failed': () => [],
  'router.drift_repaired': () => [],
  'access_point.status_updated': () => [],
  'vpn.status_updated': () => [],
  'account.suspended': () => [],
  'log_rotation.completed': () => [],
  'account.unsuspended': () => [],
  'store.restored': () => [],
  'clock.uncertain': () => [],
  // A box that was off at nine comes back before its clock is right.
  'clock.trusted': () => [job('send-payment-reminders', {})],
  'clock.stepped': (step) => [runs(followClockWithPayments, step)],
  'job.failed': ({ name, jobId, reason }) =>
    name === 'provision-router' ? [runs(noteProvisioningBroken, { jobId, reason })] : [],
  'cloud.connected': () => [],
  'cloud.disconnected': () => [],
}
