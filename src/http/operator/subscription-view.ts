import * as z from 'zod'
import { customerById } from '../../access/customer-table.ts'
import { grantById } from '../../access/grant-table.ts'
import { upcomingPeriods } from '../../access/subscription-periods.ts'
import { accessEndMs } from '../../access/subscription-right.ts'
import { subscriptionStates } from '../../access/subscription-states.ts'
import type { SubscriptionRow } from '../../access/subscription-table.ts'
import { type ConnectionTerms, connectionTermsOf } from '../../access/told-terms.ts'
import { packageById } from '../../billing/package-table.ts'
import type { Db } from '../../store/database.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { routerTermsFields, routerTermsOf, routerTermsView } from './router-terms.ts'

/** What a subscription says of its own connection, whatever package it runs on; null: as the package says. */
export const networkFields = z.strictObject({
  framed_ip_address: z.ipv4('is not an IPv4 address').nullable().default(null),
  ...routerTermsFields,
})

export const networkOf = ({ framed_ip_address, ...terms }: z.infer<typeof networkFields>): ConnectionTerms => ({
  framedIpAddress: framed_ip_address,
  ...routerTermsOf(terms),
})

const networkView = ({ framedIpAddress, ...terms }: ConnectionTerms): z.infer<typeof networkFields> => ({
  framed_ip_address: framedIpAddress,
  ...routerTermsView(terms),
})

export const subscriptionAnswer = z.object({
  id: z.string(),
  account_number: z.string(),
  state: z.enum(subscriptionStates),
  customer: z.object({ id: z.int(), name: z.string() }),
  package: z.object({ id: z.int(), name: z.string(), type: z.enum(['hotspot', 'pppoe']) }),
  username: z.string(),
  router_id: z.int().nullable(),
  grant_id: z.string(),
  starts_at: isoTimeField,
  paid_until: isoTimeField.nullable(),
  /** Bought already, and begins when what is before it is over. */
  upcoming: z.array(z.object({ package: z.object({ id: z.int(), name: z.string() }), begins_at: isoTimeField })),
  access_ends_at: isoTimeField.nullable(),
  grace_days: z.int(),
  suspended_at: isoTimeField.nullable(),
  disconnected_at: isoTimeField.nullable(),
  disconnection_reason: z.string().nullable(),
  network: networkFields,
  created_at: isoTimeField,
})

/** A subscription with its customer, package and connection; without its password. */
export function subscriptionView(db: Db, row: SubscriptionRow) {
  const grant = grantById(db, row.grantId)
  const customer = customerById(db, row.customerId)
  const sold = packageById(db, row.packageId)
  return {
    id: row.id,
    account_number: row.accountNumber,
    state: row.state,
    customer: { id: row.customerId, name: customer?.name ?? '' },
    package: { id: row.packageId, name: sold?.name ?? '', type: sold?.type ?? 'hotspot' },
    username: grant?.username ?? '',
    router_id: grant?.routerId ?? null,
    grant_id: row.grantId,
    starts_at: isoTime(row.startsAtMs),
    paid_until: isoTime(row.paidUntilMs),
    upcoming: upcomingPeriods(db, row).map(({ packageId: id, packageName: name, beginsAtMs }) => ({
      package: { id, name },
      begins_at: new Date(beginsAtMs).toISOString(),
    })),
    access_ends_at: row.paidUntilMs === null ? null : isoTime(accessEndMs(row)),
    grace_days: row.graceDays,
    suspended_at: isoTime(row.suspendedAtMs),
    disconnected_at: isoTime(row.disconnectedAtMs),
    disconnection_reason: row.disconnectionReason,
    network: networkView(connectionTermsOf(db, row.grantId)),
    created_at: isoTime(row.createdAtMs),
  }
}
