import { noteDeviceFound } from './access/asked-from.ts'
import { endOverdueGrants, revokeGrant } from './access/end-grant.ts'
import { followClockStep, followEarlierStarts } from './access/follow-clock.ts'
import { noteOnline, noteUserCreated } from './access/grant-progress.ts'
import { recordLocalUsage } from './access/local-usage.ts'
import { messageCommands } from './access/messages.ts'
import { openGrant } from './access/open-grant.ts'
import { creditOutage } from './access/outage-credit.ts'
import { outageCommands } from './access/outages.ts'
import { pauseCommands } from './access/pause.ts'
import { prunePauses } from './access/pause-history.ts'
import { provisionalCommands } from './access/provisional.ts'
import { resumeGrant } from './access/resume.ts'
import { pruneSessions } from './access/session-history.ts'
import { sessionCommands } from './access/sessions.ts'
import { subscriptionCommands } from './access/subscription-commands.ts'
import { recordVoucherMessage, startVoucherMessage } from './access/voucher-messages.ts'
import { wakeWaitingAccess } from './access/waiting-access.ts'
import { withdrawCommands } from './access/withdraw.ts'
import { receiveVoucherBan } from './billing/banned-vouchers.ts'
import { decidePayment } from './billing/decide-payment.ts'
import { deliverCommands } from './billing/deliver.ts'
import { followClockWithPayments } from './billing/follow-clock.ts'
import { blankOldMessages } from './billing/old-messages.ts'
import { setPackageTerms } from './billing/package-terms.ts'
import { applyTimetables } from './billing/package-timetable.ts'
import { packageCommands } from './billing/packages.ts'
import { answerCommands } from './billing/payment-answers.ts'
import { giveUpPayments, missDeadline } from './billing/payment-deadlines.ts'
import { pushCommands } from './billing/push-attempt.ts'
import { receiveMoneyCommands } from './billing/receive-money.ts'
import { reconcileCommands } from './billing/reconcile-money.ts'
import { refundCommands } from './billing/refunds.ts'
import { receiveRefundResult } from './billing/relayed-refund.ts'
import { requestPayment } from './billing/request-payment.ts'
import { reviewCommands } from './billing/review.ts'
import { settlementCommands } from './billing/settlement.ts'
import { expireVouchers } from './billing/voucher-expiry.ts'
import { voucherCommands } from './billing/vouchers.ts'
import { walkInCommands } from './billing/walk-in.ts'
import { announceDashboard } from './dashboard/dashboard.ts'
import { noteTime } from './flow/clock-evidence.ts'
import { moveCloudCursor, noteCloudLink } from './flow/cloud-cursor.ts'
import type { AnyCommand } from './flow/command.ts'
import { pruneBoots, pruneJournal } from './flow/history.ts'
import { recordLogRotation } from './flow/log-rotation.ts'
import { queueCommands } from './flow/queue-commands.ts'
import { recordRestore } from './flow/restored-store.ts'
import { judgeClock } from './flow/time-trust.ts'
import { pruneSystemMetrics, recordSystemMetrics } from './metrics/system-metrics.ts'
import { provisionCommands } from './routers/provision/provisionings.ts'
import { registryCommands } from './routers/registry.ts'
import { watchCommands } from './routers/watch/watch-commands.ts'
import { changeSettings } from './settings/stored-settings.ts'
import { staffCommands } from './staff/staff.ts'

/** Every change of state that the store thread knows. */
export const commands: readonly AnyCommand[] = [
  requestPayment,
  ...pushCommands,
  ...answerCommands,
  missDeadline,
  giveUpPayments,
  ...receiveMoneyCommands,
  blankOldMessages,
  ...reconcileCommands,
  ...walkInCommands,
  ...reviewCommands,
  decidePayment,
  ...refundCommands,
  receiveRefundResult,
  ...settlementCommands,
  ...deliverCommands,
  ...packageCommands,
  setPackageTerms,
  applyTimetables,
  ...voucherCommands,
  receiveVoucherBan,
  expireVouchers,
  openGrant,
  noteUserCreated,
  noteOnline,
  revokeGrant,
  endOverdueGrants,
  ...withdrawCommands,
  ...pauseCommands,
  ...provisionalCommands,
  creditOutage,
  ...outageCommands,
  resumeGrant,
  noteDeviceFound,
  wakeWaitingAccess,
  ...sessionCommands,
  recordLocalUsage,
  ...messageCommands,
  ...subscriptionCommands,
  startVoucherMessage,
  recordVoucherMessage,
  ...registryCommands,
  ...watchCommands,
  ...provisionCommands,
  ...staffCommands,
  changeSettings,
  announceDashboard,
  ...queueCommands,
  judgeClock,
  noteTime,
  followClockStep,
  followEarlierStarts,
  followClockWithPayments,
  moveCloudCursor,
  noteCloudLink,
  recordRestore,
  recordSystemMetrics,
  pruneSystemMetrics,
  pruneSessions,
  prunePauses,
  pruneJournal,
  pruneBoots,
  recordLogRotation,
]
