import { grantCommands } from './access/grants.ts'
import { messageCommands } from './access/messages.ts'
import { resumeGrant } from './access/resume.ts'
import { sessionCommands } from './access/sessions.ts'
import { deliverCommands } from './billing/deliver.ts'
import { packageCommands } from './billing/packages.ts'
import { pushCommands } from './billing/push-attempt.ts'
import { requestPayment } from './billing/request-payment.ts'
import { settleCommands } from './billing/settle.ts'
import { voucherCommands } from './billing/vouchers.ts'
import { moveCloudCursor, noteCloudLink } from './flow/cloud-cursor.ts'
import type { AnyCommand } from './flow/command.ts'
import { queueCommands } from './flow/queue-commands.ts'
import { provisionCommands } from './routers/provision/provisionings.ts'
import { registryCommands } from './routers/registry.ts'
import { watchCommands } from './routers/watch/watch-commands.ts'
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
  ...watchCommands,
  ...provisionCommands,
  ...staffCommands,
  ...queueCommands,
  moveCloudCursor,
  noteCloudLink,
]
