import { type Context, Hono } from 'hono'
import { allPackages, visiblePackages } from '../billing/package-table.ts'
import type { House } from './house.ts'
import { packageForOperator, packageView } from './package-view.ts'

/** What is for sale. Who may see more (`isOperator`) also gets what is hidden or off sale, and is told so. */
export function packagesOnSaleApi({ db }: House, isOperator: (context: Context) => boolean): Hono {
  const app = new Hono()
  app.get('/api/packages', (c) => {
    const items = isOperator(c) ? allPackages(db).map(packageForOperator) : visiblePackages(db).map(packageView)
    return c.json({ items, next_cursor: null })
  })
  return app
}
