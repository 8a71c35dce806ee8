import { createHotspotUser } from './hotspot-provisioning/create-hotspot-user.ts'
import { sendCredentialsSms } from './hotspot-sms/send-credentials-sms.ts'
import { backUpStore } from './maintenance/back-up-store.ts'
import { pruneHistory } from './maintenance/prune-history.ts'
import { rotateLogs } from './maintenance/rotate-logs.ts'
import { collectSystemMetrics } from './metrics/collect-system-metrics.ts'
import { initiateStkPush } from './payments/initiate-stk-push.ts'
import { processPayment } from './payments/process-payment.ts'
import { reconcilePayments } from './payments/reconcile-payments.ts'
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
  'router-provisioning': {},
  dashboard: {},
  'session-management': {
    'check-expired-sessions': checkExpiredSessions,
    'disconnect-expired-sessions': disconnectExpiredSessions,
  },
  'subscription-management': {},
  'router-monitoring': {},
  metrics: { 'collect-system-metrics': collectSystemMetrics },
  notifications: {},
  maintenance: { 'back-up-store': backUpStore, 'prune-history': pruneHistory, 'rotate-logs': rotateLogs },
} as const
