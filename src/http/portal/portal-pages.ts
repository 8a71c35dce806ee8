import { Hono } from 'hono'
import type { Buy } from '../buy.ts'
import type { Codes } from '../codes.ts'
import type { House } from '../house.ts'
import { accessPages } from './access-pages.tsx'
import { openLastPurchases } from './last-purchases.ts'
import { paymentPages } from './payment-pages.tsx'
import { shopPages } from './shop-pages.tsx'

/** What a customer's phone sees. Every page works without scripts; every form answers 303, so a reload is harmless. */
export function portalPages(house: House, { buy, codes }: { buy: Buy; codes: Codes }): Hono {
  const app = new Hono()
  app.route('/', shopPages(house, buy, openLastPurchases(house)))
  app.route('/', paymentPages(house))
  app.route('/', accessPages(house, codes))
  return app
}
