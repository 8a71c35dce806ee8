import type { Context } from 'hono'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'

/** Where a device that lost its page finds it again. */
export interface LastPages {
  remember(context: Context, macAddress: string | undefined, pageUrl: string): void
  find(context: Context, macAddress: string | undefined): string | undefined
  /** Its holder has left on purpose. */
  forget(context: Context, macAddress: string): void
}

/** Mini-browsers die while the customer types the PIN; longer than this nobody comes back for the same page. */
const KEPT_MS = 10 * 60_000
const MOST = 10_000

/**
 * By MAC and network address together: the page shows the customer's code, and a MAC alone can be read off the air.
 * Only a convenience, so memory is enough: the access goes its way without any page.
 */
export function openLastPages({ clock, config }: House): LastPages {
  const pages = new Map<string, { pageUrl: string; atMs: number }>()
  const keyOf = (context: Context, macAddress: string) =>
    `${macAddress} ${clientAddress(context, config.http.trusted_proxies)}`
  return {
    remember(context, macAddress, pageUrl) {
      if (macAddress === undefined) return
      pages.delete(keyOf(context, macAddress))
      pages.set(keyOf(context, macAddress), { pageUrl, atMs: clock.nowMs() })
      const oldest = pages.size > MOST ? pages.keys().next().value : undefined
      if (oldest !== undefined) pages.delete(oldest)
    },
    find(context, macAddress) {
      const found = macAddress === undefined ? undefined : pages.get(keyOf(context, macAddress))
      return found && found.atMs > clock.nowMs() - KEPT_MS ? found.pageUrl : undefined
    },
    forget(context, macAddress) {
      pages.delete(keyOf(context, macAddress))
    },
  }
}
