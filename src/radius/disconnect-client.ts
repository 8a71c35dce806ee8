import { CODE } from './attributes.ts'
import { askRouter, type NotDone, type Patience, type SessionNames } from './dynamic-authorization.ts'

export type DisconnectOutcome = { outcome: 'disconnected' } | NotDone

/** Asks the router to end a session (RFC 5176 section 2.1). */
export async function disconnect(session: SessionNames, patience: Patience): Promise<DisconnectOutcome> {
  return (await askRouter(CODE.disconnectRequest, session, [], patience)) ?? { outcome: 'disconnected' }
}
