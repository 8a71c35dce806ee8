import { grantCommands } from './access/grants.ts'
import { messageCommands } from './access/messages.ts'
import { resumeGrant } from './access/resume.ts'
import { pruneSessions } from './access/session-history.ts'
import { sessionCommands } from './access/sessions.ts'
import { deliverCommands } from './billing/deliver.ts'
import { packageCommands } from './billing/packages.ts'
import { pushCommands } from './billing/push-attempt.ts'
import { requestPayment } from './billing/request-payment.ts'
import { settleCommands } from './billing/settle.ts'
import { voucherCommands } from './billing/vouchers.ts'
import { moveCloudCursor, noteCloudLink } from './flow/cloud-cursor.ts'
import type { AnyCommand } from './flow/command.ts'
import { pruneBoots, pruneJournal } from './flow/history.ts'
import { recordLogRotation } from './flow/log-rotation.ts'
import { queueCommands } from './flow/queue-commands.ts'
import { recordRestore } from './flow/restored-store.ts'
import { pruneSystemMetrics, recordSystemMetrics } from './metrics/system-metrics.ts'
import { registryCommands } from './routers/registry.ts'
import { staffCommands } from './staff/staff.ts'

/** Every change of state that the store thread knows. */
export const commands: readonly AnyCommand[] = [
  requestPayment,
  ...pushCommands,
  ...settleCommands,
  ...deliverCommands,
  ...packageCommands,
  ...voucherCommands,
  ...grantCommands,
  resumeGrant,
  ...sessionCommands,
  ...messageCommands,
  ...registryCommands,
  ...staffCommands,
  ...queueCommands,
  moveCloudCursor,
  noteCloudLink,
  recordRestore,
  recordSystemMetrics,
  pruneSystemMetrics,
  pruneSessions,
  pruneJournal,
  pruneBoots,
  recordLogRotation,
]
