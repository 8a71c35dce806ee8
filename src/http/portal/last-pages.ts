import type { Context } from 'hono'
import { routerOfLoginAddress } from '../../routers/login-address.ts'
import { routerByAddress } from '../../routers/router-table.ts'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'

/** Where a device that lost its page finds it again. */
export interface LastPages {
  remember(context: Context, macAddress: string | undefined, pageUrl: string): void
  /** `loginAddress`: of the router that has sent the device here. */
  find(context: Context, macAddress: string | undefined, loginAddress: string): string | undefined
  /** Its holder has left on purpose. */
  forget(context: Context, macAddress: string | undefined): void
  /** What it had has gone to another device. */
  forgetDevice(macAddress: string): void
}

/** Mini-browsers die while the customer types the PIN; longer than this nobody comes back for the same page. */
const KEPT_MS = 10 * 60_000
const MOST = 10_000

/**
 * By MAC and network address together: the page shows the customer's code, and a MAC alone can be read off the air. Behind a
 * router that masquerades all customers have its address, which says nothing: there no page is found again.
 * Only a convenience, so memory is enough: the access goes its way without any page.
 */
export function openLastPages({ db, clock, config }: House): LastPages {
  const pages = new Map<string, { pageUrl: string; atMs: number }>()
  const keyOf = (context: Context, macAddress: string | undefined) => {
    const address = clientAddress(context, config.http.trusted_proxies)
    return macAddress === undefined || routerByAddress(db, address) ? undefined : `${macAddress} ${address}`
  }
  return {
    remember(context, macAddress, pageUrl) {
      const key = keyOf(context, macAddress)
      if (key === undefined) return
      pages.delete(key)
      pages.set(key, { pageUrl, atMs: clock.nowMs() })
      const oldest = pages.size > MOST ? pages.keys().next().value : undefined
      if (oldest !== undefined) pages.delete(oldest)
    },
    find(context, macAddress, loginAddress) {
      const key = keyOf(context, macAddress)
      const found = key === undefined ? undefined : pages.get(key)
      if (!found || !routerOfLoginAddress(db, loginAddress)) return undefined
      return found.atMs > clock.nowMs() - KEPT_MS ? found.pageUrl : undefined
    },
    forget(context, macAddress) {
      const key = keyOf(context, macAddress)
      if (key !== undefined) pages.delete(key)
    },
    forgetDevice(macAddress) {
      for (const key of pages.keys()) if (key.startsWith(`${macAddress} `)) pages.delete(key)
    },
  }
}
