import type { EventData } from '../flow/events.ts'
import type { SubscriptionRow } from './subscription-table.ts'

/** What every fact about a subscription says of it. */
export const factOf = ({
  id: subscriptionId,
  accountNumber,
  grantId,
  packageId,
}: SubscriptionRow): EventData<'subscription.created'> => ({ subscriptionId, accountNumber, grantId, packageId })
