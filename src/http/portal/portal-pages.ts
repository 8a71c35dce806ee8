import { Hono } from 'hono'
import type { PaymentRequest } from '../../billing/request-payment.ts'
import type { BuyOutcome } from '../buy.ts'
import type { Codes } from '../codes.ts'
import type { House } from '../house.ts'
import { accessPages } from './access-pages.tsx'
import { openLastPurchases } from './last-purchases.ts'
import { paymentPages } from './payment-pages.tsx'
import { shopPages } from './shop-pages.tsx'

export interface PortalDoors {
  buy(request: PaymentRequest): Promise<BuyOutcome>
  codes: Codes
}

/** What a customer's phone sees. Every page works without scripts; every form answers 303, so a reload is harmless. */
export function portalPages(house: House, doors: PortalDoors): Hono {
  const lastPurchases = openLastPurchases(house)
  const app = new Hono()
  app.route('/', shopPages(house, doors, lastPurchases))
  app.route('/', paymentPages(house))
  app.route('/', accessPages(house, doors))
  return app
}
