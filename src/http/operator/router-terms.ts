import * as z from 'zod'

/** The name of something that the router has: a pool, a profile, a firewall list. */
export const routerName = z
  .string()
  .trim()
  .regex(/^[\x20-\x7e]{1,64}$/, 'is 1 to 64 visible characters')

const named = routerName.nullable().default(null)

/** What of a router's own things a customer is given, and which wall stands around who is in grace or suspended. */
export const routerTermsFields = {
  framed_pool: named,
  router_group: named,
  address_list: named,
  grace_router_group: named,
  grace_address_list: named,
  suspended_router_group: named,
  suspended_address_list: named,
}

type Typed = { [Field in keyof typeof routerTermsFields]: string | null }

export const routerTermsOf = (typed: Typed) => ({
  framedPool: typed.framed_pool,
  routerGroup: typed.router_group,
  addressList: typed.address_list,
  graceRouterGroup: typed.grace_router_group,
  graceAddressList: typed.grace_address_list,
  suspendedRouterGroup: typed.suspended_router_group,
  suspendedAddressList: typed.suspended_address_list,
})

export const routerTermsView = (terms: ReturnType<typeof routerTermsOf>): Typed => ({
  framed_pool: terms.framedPool,
  router_group: terms.routerGroup,
  address_list: terms.addressList,
  grace_router_group: terms.graceRouterGroup,
  grace_address_list: terms.graceAddressList,
  suspended_router_group: terms.suspendedRouterGroup,
  suspended_address_list: terms.suspendedAddressList,
})
