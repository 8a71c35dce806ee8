import { createHotspotUser } from './hotspot-provisioning/create-hotspot-user.ts'
import { sendCredentialsSms } from './hotspot-sms/send-credentials-sms.ts'
import { initiateStkPush } from './payments/initiate-stk-push.ts'
import { processPayment } from './payments/process-payment.ts'
import { reconcilePayments } from './payments/reconcile-payments.ts'
import { checkRouters } from './router-monitoring/check-routers.ts'
import { fetchRouterLiveData } from './router-monitoring/fetch-router-live-data.ts'
import { probeRouterJob } from './router-monitoring/probe-router.ts'
import { syncAccessPointStatus } from './router-monitoring/sync-access-point-status.ts'
import { updateVpnStatus } from './router-monitoring/update-vpn-status.ts'
import { provisionRouter } from './router-provisioning/provision-router.ts'
import { checkExpiredSessions } from './session-management/check-expired-sessions.ts'
import { disconnectExpiredSessions } from './session-management/disconnect-expired-sessions.ts'

/** Every job in its queue, as the folders show it. A queue without jobs yet is served all the same. */
export const catalogue = {
  'hotspot-provisioning': { 'create-hotspot-user': createHotspotUser },
  'subscription-reconnection': {},
  payments: {
    'process-payment': processPayment,
    'initiate-stk-push': initiateStkPush,
    'reconcile-payments': reconcilePayments,
  },
  'hotspot-sms': { 'send-credentials-sms': sendCredentialsSms },
  'router-provisioning': { 'provision-router': provisionRouter },
  dashboard: {},
  'session-management': {
    'check-expired-sessions': checkExpiredSessions,
    'disconnect-expired-sessions': disconnectExpiredSessions,
  },
  'subscription-management': {},
  'router-monitoring': {
    'check-routers': checkRouters,
    'fetch-router-live-data': fetchRouterLiveData,
    'probe-router': probeRouterJob,
    'update-vpn-status': updateVpnStatus,
    'sync-access-point-status': syncAccessPointStatus,
  },
  metrics: {},
  notifications: {},
  maintenance: {},
} as const
