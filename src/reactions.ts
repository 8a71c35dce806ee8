import { catalogue } from '../jobs/catalogue.ts'
import { openGrant } from './access/grants.ts'
import { notePaymentDelivered } from './billing/deliver.ts'
import { jobsOf, type Reactions, runs } from './flow/consequence.ts'
import { beginProvisioning } from './routers/provision/provisionings.ts'
import { beginProbe } from './routers/watch/probes.ts'

const job = jobsOf(catalogue)

/** M-PESA's callback usually comes within this time; only then is it worth asking. */
const FIRST_LOOK_MS = 12_000

const deliveredBy = ({ source, sourceId }: { source: string; sourceId: string }) =>
  source === 'payment' ? [runs(notePaymentDelivered, { paymentId: sourceId })] : []

/** The whole trade on one screen. Everything a fact causes is stored with it, in one commit. A missing event is a compile error. */
export const reactions: Reactions = {
  'payment.requested': ({ paymentId, requestedAtMs }) => [
    job('initiate-stk-push', { paymentId }),
    job('reconcile-payments', { paymentId }, { runAtMs: requestedAtMs + FIRST_LOOK_MS }),
  ],
  'payment.prompted': () => [],
  'payment.completed': ({ paymentId }) => [job('process-payment', { paymentId })],
  'payment.failed': () => [],
  'payment.review_needed': ({ paymentId }) => [job('reconcile-payments', { paymentId })],

  'voucher.created': () => [],
  'voucher.redeemed': () => [],

  'hotspot_user.provision_requested': (order) => [runs(openGrant, order)],
  'access.granted': ({ grantId, expiresAtMs }) => [
    job('create-hotspot-user', { grantId }),
    job('check-expired-sessions', { grantId }, { runAtMs: expiresAtMs }),
  ],
  'hotspot_user.created': ({ grantId, phoneNumber }) =>
    phoneNumber === null ? [] : [job('send-credentials-sms', { grantId })],
  'access.online': deliveredBy,
  'access.ended': ({ grantId }) => [job('disconnect-expired-sessions', { grantId })],
  'credentials.sent': deliveredBy,
  'credentials.failed': () => [],

  'session.started': () => [],
  'session.stopped': () => [],
  'session.expired': () => [],

  'router.registered': ({ routerId }) => [runs(beginProbe, { routerId })],
  'router.connected': ({ routerId }) => [runs(beginProbe, { routerId })],
  'router.status_updated': ({ routerId, online, rebooted }) =>
    online ? [runs(beginProvisioning, { routerId, why: rebooted ? 'rebooted' : 'reconnected' })] : [],
  'router.provisioning_progress': () => [],
  'router.provisioning_failed': () => [],
  'router.drift_repaired': () => [],
  'access_point.status_updated': () => [],
  'vpn.status_updated': () => [],
  'account.suspended': () => [],
  'job.failed': () => [],
  'cloud.connected': () => [],
  'cloud.disconnected': () => [],
}
