import { grantCommands } from './access/grants.ts'
import { messageCommands } from './access/messages.ts'
import { termsCommands } from './access/network-terms.ts'
import { resumeGrant } from './access/resume.ts'
import { sessionCommands } from './access/sessions.ts'
import { subscriptionCommands } from './access/subscription-commands.ts'
import { deliverCommands } from './billing/deliver.ts'
import { applyTimetables } from './billing/package-timetable.ts'
import { packageCommands } from './billing/packages.ts'
import { pushCommands } from './billing/push-attempt.ts'
import { requestPayment } from './billing/request-payment.ts'
import { settleCommands } from './billing/settle.ts'
import { expireVouchers } from './billing/voucher-expiry.ts'
import { voucherCommands } from './billing/vouchers.ts'
import { announceDashboard } from './dashboard/dashboard.ts'
import { moveCloudCursor, noteCloudLink } from './flow/cloud-cursor.ts'
import type { AnyCommand } from './flow/command.ts'
import { queueCommands } from './flow/queue-commands.ts'
import { recordRestore } from './flow/restored-store.ts'
import { registryCommands } from './routers/registry.ts'
import { staffCommands } from './staff/staff.ts'

/** Every change of state that the store thread knows. */
export const commands: readonly AnyCommand[] = [
  requestPayment,
  ...pushCommands,
  ...settleCommands,
  ...deliverCommands,
  ...packageCommands,
  applyTimetables,
  ...voucherCommands,
  expireVouchers,
  ...grantCommands,
  resumeGrant,
  ...termsCommands,
  ...sessionCommands,
  ...messageCommands,
  ...subscriptionCommands,
  ...registryCommands,
  ...staffCommands,
  announceDashboard,
  ...queueCommands,
  moveCloudCursor,
  noteCloudLink,
  recordRestore,
]
