import * as z from 'zod'

const name = z.string().nullable()
const number = z.int().nullable()

/** Names of things on the router. Null = nothing is said about it. */
const routerTerms = z.object({
  /** PPPoE: an address of this pool. */
  framedPool: name,
  /** The hotspot or PPP profile. */
  routerGroup: name,
  /** The firewall list that the customer is on while online. */
  addressList: name,
  /** Hold instead while a subscription is in grace: with either, it stands behind a wall. */
  graceRouterGroup: name,
  graceAddressList: name,
  /** The same while it is suspended; with neither, it is not let in. */
  suspendedRouterGroup: name,
  suspendedAddressList: name,
})

/**
 * What is sold beside time, data and speed, as the room that sells it tells the room that gives it. Speeds in kbit/s; null =
 * nothing is said about it.
 */
export const orderTerms = routerTerms.extend({
  /** A higher speed for `burstSeconds` after a quiet time. */
  burstDownKbps: number,
  burstUpKbps: number,
  burstSeconds: number,
  idleTimeoutSeconds: number,
  /** After so many bytes the fair-use speed holds, instead of an end. */
  fairUseBytes: number,
  fairUseDownKbps: number,
  fairUseUpKbps: number,
})

export type RouterTerms = z.infer<typeof routerTerms>
export type OrderTerms = z.infer<typeof orderTerms>

/** The column of each term; the tables of packages and of grants name them alike. */
export const ROUTER_TERM_COLUMNS: Record<keyof RouterTerms, string> = {
  framedPool: 'framed_pool',
  routerGroup: 'router_group',
  addressList: 'address_list',
  graceRouterGroup: 'grace_router_group',
  graceAddressList: 'grace_address_list',
  suspendedRouterGroup: 'suspended_router_group',
  suspendedAddressList: 'suspended_address_list',
}

export const ORDER_TERM_COLUMNS: Record<keyof OrderTerms, string> = {
  burstDownKbps: 'burst_down_kbps',
  burstUpKbps: 'burst_up_kbps',
  burstSeconds: 'burst_seconds',
  idleTimeoutSeconds: 'idle_timeout_seconds',
  fairUseBytes: 'fair_use_bytes',
  fairUseDownKbps: 'fair_use_down_kbps',
  fairUseUpKbps: 'fair_use_up_kbps',
  ...ROUTER_TERM_COLUMNS,
}
