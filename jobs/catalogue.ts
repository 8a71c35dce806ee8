import { createHotspotUser } from './hotspot-provisioning/create-hotspot-user.ts'
import { sendCredentialsSms } from './hotspot-sms/send-credentials-sms.ts'
import { initiateStkPush } from './payments/initiate-stk-push.ts'
import { processPayment } from './payments/process-payment.ts'
import { reconcilePayments } from './payments/reconcile-payments.ts'
import { applyAccessTerms } from './session-management/apply-access-terms.ts'
import { checkExpiredSessions } from './session-management/check-expired-sessions.ts'
import { checkUsage } from './session-management/check-usage.ts'
import { confirmSessionEnd } from './session-management/confirm-session-end.ts'
import { disconnectExpiredSessions } from './session-management/disconnect-expired-sessions.ts'
import { syncRadiusAccounting } from './session-management/sync-radius-accounting.ts'

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
    'confirm-session-end': confirmSessionEnd,
    'apply-access-terms': applyAccessTerms,
    'check-usage': checkUsage,
    'sync-radius-accounting': syncRadiusAccounting,
  },
  'subscription-management': {},
  'router-monitoring': {},
  metrics: {},
  notifications: {},
  maintenance: {},
} as const
