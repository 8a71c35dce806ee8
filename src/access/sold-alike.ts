import { ORDER_TERM_COLUMNS, type OrderTerms } from '../flow/order-terms.ts'
import type { Db } from '../store/database.ts'
import type { GrantOrder } from './grant-order.ts'
import type { GrantRow } from './grant-table.ts'
import { termsOfGrant } from './network-terms.ts'

/** Whether both limit data, or neither does; how much does not matter, since it is added. */
export const isLimitedAlike = (grant: GrantRow, order: GrantOrder): boolean =>
  (grant.dataLimitBytes === null) === (order.dataLimitBytes === null)

/** Whether this grant and what is sold now differ in nothing but time and data. */
export function isSoldAlike(db: Db, grant: GrantRow, order: GrantOrder): boolean {
  const terms = termsOfGrant(db, grant.id)
  return (
    isLimitedAlike(grant, order) &&
    grant.downKbps === order.downKbps &&
    grant.upKbps === order.upKbps &&
    grant.deviceLimit === order.deviceLimit &&
    (grant.pausable === 1) === (order.pausable ?? false) &&
    (grant.pausesOffline === 1) === (order.pausesOffline ?? false) &&
    (Object.keys(ORDER_TERM_COLUMNS) as (keyof OrderTerms)[]).every((field) => {
      const [has, sold] = [terms?.[field] ?? null, order.terms?.[field] ?? null]
      // Its bytes are added, too.
      return field === 'fairUseBytes' ? (has === null) === (sold === null) : has === sold
    })
  )
}
