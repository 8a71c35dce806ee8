import type { Context } from 'hono'
import { loginAddressBehind, routerOfLoginAddress } from '../../routers/login-address.ts'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'
import { portalUrlFor } from '../portal-url.ts'

/** Where a device finds its router's own login form: the way in when we cannot reach the router. */
export interface LoginForms {
  /** The router sent the device here and named its form, which is believed of a known router only. */
  remember(context: Context, macAddress: string | undefined, address: string): void
  /** A device without a name has not been sent here: it typed the portal's address. */
  find(context: Context, macAddress: string | null): string | undefined
}

const KEPT_MS = 24 * 3_600_000
const MOST = 10_000

/**
 * By MAC and network address together: a form logs in the device that sends it, and the page of a TV's purchase stands on
 * a phone. Memory is enough: a device that is not in is sent here again at its next step.
 */
export function openLoginForms({ db, clock, config }: House): LoginForms {
  const forms = new Map<string, { address: string; atMs: number }>()
  const keyOf = (context: Context, macAddress: string) =>
    `${macAddress} ${clientAddress(context, config.http.trusted_proxies)}`
  return {
    remember(context, macAddress, address) {
      if (macAddress === undefined || !routerOfLoginAddress(db, address)) return
      const key = keyOf(context, macAddress)
      forms.delete(key)
      forms.set(key, { address, atMs: clock.nowMs() })
      const oldest = forms.size > MOST ? forms.keys().next().value : undefined
      if (oldest !== undefined) forms.delete(oldest)
    },
    find(context, macAddress) {
      if (macAddress === null) return loginAddressBehind(db, clientAddress(context, config.http.trusted_proxies))
      const found = forms.get(keyOf(context, macAddress))
      return found && found.atMs > clock.nowMs() - KEPT_MS ? found.address : undefined
    },
  }
}

/** For the page's policy: where such a form leads, and where the router leads back to. */
export const formTargets = (house: House, context: Context, form: string | undefined): string[] =>
  form === undefined ? [] : [new URL(form).origin, new URL(portalUrlFor(house, context)).origin]
