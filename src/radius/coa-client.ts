import { integer, vendorText } from './attribute-values.ts'
import { ATTRIBUTE, CODE, MIKROTIK } from './attributes.ts'
import { askRouter, type NotDone, type Patience, type SessionNames } from './dynamic-authorization.ts'

/** What RouterOS changes while a customer is online; what is left out stays as it is. */
export interface SessionChange {
  rateLimit?: string
  /** From the session's start. */
  sessionTimeoutSeconds?: number
  idleTimeoutSeconds?: number
  routerGroup?: string
}

export type ChangeOutcome = { outcome: 'changed' } | NotDone

/** Asks the router to go on with a session under other terms (RFC 5176 section 2.2). */
export async function changeSession(
  session: SessionNames,
  { rateLimit, sessionTimeoutSeconds, idleTimeoutSeconds, routerGroup }: SessionChange,
  patience: Patience,
): Promise<ChangeOutcome> {
  const attributes = [
    ...(sessionTimeoutSeconds === undefined ? [] : [integer(ATTRIBUTE.sessionTimeout, sessionTimeoutSeconds)]),
    ...(idleTimeoutSeconds === undefined ? [] : [integer(ATTRIBUTE.idleTimeout, idleTimeoutSeconds)]),
    ...(rateLimit === undefined ? [] : [vendorText(MIKROTIK.rateLimit, rateLimit)]),
    ...(routerGroup === undefined ? [] : [vendorText(MIKROTIK.group, routerGroup)]),
  ]
  return (await askRouter(CODE.coaRequest, session, attributes, patience)) ?? { outcome: 'changed' }
}
