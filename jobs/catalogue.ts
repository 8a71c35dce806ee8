import { createHotspotUser } from './hotspot-provisioning/create-hotspot-user.ts'
import { sendCredentialsSms } from './hotspot-sms/send-credentials-sms.ts'
import { closeDay } from './maintenance/close-day.ts'
import { initiateStkPush } from './payments/initiate-stk-push.ts'
import { processPayment } from './payments/process-payment.ts'
import { pullTransactions } from './payments/pull-transactions.ts'
import { reconcilePayments } from './payments/reconcile-payments.ts'
import { registerC2bUrls } from './payments/register-c2b-urls.ts'
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
    'pull-transactions': pullTransactions,
    'register-c2b-urls': registerC2bUrls,
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
  metrics: {},
  notifications: {},
  maintenance: { 'close-day': closeDay },
} as const
