import { addCustomer } from './customers.ts'
import { recordNotice, startNotice } from './notice-messages.ts'
import { orderGraceWarnings, orderReminders } from './notices.ts'
import { cancelSubscription, extendSubscription, resumeSubscription, suspendSubscription } from './subscription-desk.ts'
import { restoreRenewal, withdrawRenewal } from './subscription-refund.ts'
import { lapseSubscriptions, moveDueSubscriptions, noteAccessEnded } from './subscription-times.ts'
import { createSubscription, renewSubscription, setConnectionTerms } from './subscriptions.ts'

export const subscriptionCommands = [
  addCustomer,
  createSubscription,
  renewSubscription,
  setConnectionTerms,
  withdrawRenewal,
  restoreRenewal,
  suspendSubscription,
  resumeSubscription,
  extendSubscription,
  cancelSubscription,
  moveDueSubscriptions,
  lapseSubscriptions,
  noteAccessEnded,
  orderReminders,
  orderGraceWarnings,
  startNotice,
  recordNotice,
]
