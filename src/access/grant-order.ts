import type { EventData } from '../flow/events.ts'
import type { OrderTerms } from '../flow/order-terms.ts'

/** What is to be opened, or added to what runs: as a purchase, a voucher or an operator orders it. */
export interface GrantOrder extends Omit<EventData<'hotspot_user.provision_requested'>, 'terms'> {
  /** Chosen by an operator; made when left out. */
  username?: string
  password?: string
  terms?: Partial<OrderTerms> | undefined
}

/**
 * How long a login of the router's own may take. One of ours meanwhile would end it, or be refused; after this time the device is
 * in, or never will be.
 */
const OWN_LOGIN_MS = 10_000

export const logInLater = ({ isLoggingIn }: GrantOrder, nowMs: number) =>
  isLoggingIn && { logInAtMs: nowMs + OWN_LOGIN_MS }

/** By when what was first used at `begunMs` must be used; null = it may be kept. */
export const useBeforeMs = ({ validSeconds }: GrantOrder, begunMs: number): number | null =>
  validSeconds == null ? null : begunMs + validSeconds * 1000
