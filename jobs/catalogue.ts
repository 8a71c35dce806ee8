import { updateDashboardStats } from './dashboard/update-dashboard-stats.ts'
import { createHotspotUser } from './hotspot-provisioning/create-hotspot-user.ts'
import { logInAgain } from './hotspot-provisioning/log-in-again.ts'
import { sendCredentialsSms } from './hotspot-sms/send-credentials-sms.ts'
import { sendVoucherSms } from './hotspot-sms/send-voucher-sms.ts'
import { backUpStore } from './maintenance/back-up-store.ts'
import { closeDay } from './maintenance/close-day.ts'
import { expireUnusedVouchers } from './maintenance/expire-unused-vouchers.ts'
import { hearTheTime } from './maintenance/hear-the-time.ts'
import { pruneHistory } from './maintenance/prune-history.ts'
import { rotateLogs } from './maintenance/rotate-logs.ts'
import { unsuspendExpiredAccounts } from './maintenance/unsuspend-expired-accounts.ts'
import { collectSystemMetrics } from './metrics/collect-system-metrics.ts'
import { sendPaymentReminders } from './notifications/send-payment-reminders.ts'
import { sendSubscriptionNotice } from './notifications/send-subscription-notice.ts'
import { initiateStkPush } from './payments/initiate-stk-push.ts'
import { placeMoney } from './payments/place-money.ts'
import { processPayment } from './payments/process-payment.ts'
import { pullTransactions } from './payments/pull-transactions.ts'
import { reconcilePayments } from './payments/reconcile-payments.ts'
import { registerC2bUrls } from './payments/register-c2b-urls.ts'
import { weighMessage } from './payments/weigh-message.ts'
import { weighWaiting } from './payments/weigh-waiting-callbacks.ts'
import { checkRouters } from './router-monitoring/check-routers.ts'
import { fetchRouterLiveData } from './router-monitoring/fetch-router-live-data.ts'
import { probeRouterJob } from './router-monitoring/probe-router.ts'
import { syncAccessPointStatus } from './router-monitoring/sync-access-point-status.ts'
import { updateVpnStatus } from './router-monitoring/update-vpn-status.ts'
import { provisionRouter } from './router-provisioning/provision-router.ts'
import { applyAccessTerms } from './session-management/apply-access-terms.ts'
import { checkExpiredSessions } from './session-management/check-expired-sessions.ts'
import { checkUsage } from './session-management/check-usage.ts'
import { confirmSessionEnd } from './session-management/confirm-session-end.ts'
import { creditOutageJob } from './session-management/credit-outage.ts'
import { disconnectExpiredSessions } from './session-management/disconnect-expired-sessions.ts'
import { readLocalUsage } from './session-management/read-local-usage.ts'
import { syncRadiusAccounting } from './session-management/sync-radius-accounting.ts'
import { checkExpiredSubscriptions } from './subscription-management/check-expired-subscriptions.ts'
import { processGracePeriod } from './subscription-management/process-grace-period.ts'
import { processScheduledPackages } from './subscription-management/process-scheduled-packages.ts'
import { reconnectSubscription } from './subscription-reconnection/reconnect-subscription.ts'

/** Every job in its queue, as the folders show it. A queue without jobs yet is served all the same. */
export const catalogue = {
  'hotspot-provisioning': { 'create-hotspot-user': createHotspotUser, 'log-in-again': logInAgain },
  'subscription-reconnection': { 'reconnect-subscription': reconnectSubscription },
  payments: {
    'process-payment': processPayment,
    'initiate-stk-push': initiateStkPush,
    'reconcile-payments': reconcilePayments,
    'place-money': placeMoney,
    'pull-transactions': pullTransactions,
    'register-c2b-urls': registerC2bUrls,
    'weigh-message': weighMessage,
    'weigh-waiting-callbacks': weighWaiting,
  },
  'hotspot-sms': { 'send-credentials-sms': sendCredentialsSms, 'send-voucher-sms': sendVoucherSms },
  'router-provisioning': { 'provision-router': provisionRouter },
  dashboard: { 'update-dashboard-stats': updateDashboardStats },
  'session-management': {
    'check-expired-sessions': checkExpiredSessions,
    'disconnect-expired-sessions': disconnectExpiredSessions,
    'confirm-session-end': confirmSessionEnd,
    'apply-access-terms': applyAccessTerms,
    'check-usage': checkUsage,
    'credit-outage': creditOutageJob,
    'sync-radius-accounting': syncRadiusAccounting,
    'read-local-usage': readLocalUsage,
  },
  'subscription-management': {
    'check-expired-subscriptions': checkExpiredSubscriptions,
    'process-grace-period': processGracePeriod,
    'process-scheduled-packages': processScheduledPackages,
  },
  'router-monitoring': {
    'check-routers': checkRouters,
    'fetch-router-live-data': fetchRouterLiveData,
    'probe-router': probeRouterJob,
    'update-vpn-status': updateVpnStatus,
    'sync-access-point-status': syncAccessPointStatus,
  },
  metrics: { 'collect-system-metrics': collectSystemMetrics },
  notifications: {
    'send-payment-reminders': sendPaymentReminders,
    'send-subscription-notice': sendSubscriptionNotice,
  },
  maintenance: {
    'back-up-store': backUpStore,
    'prune-history': pruneHistory,
    'rotate-logs': rotateLogs,
    'close-day': closeDay,
    'hear-the-time': hearTheTime,
    'unsuspend-expired-accounts': unsuspendExpiredAccounts,
    'expire-unused-vouchers': expireUnusedVouchers,
  },
} as const
