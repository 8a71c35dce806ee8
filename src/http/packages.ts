import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { allPackages, packagesOnSale } from '../billing/package-table.ts'
import { call } from './call.ts'
import type { House } from './house.ts'
import { pageAnswer, wholeList } from './operator/page.ts'
import { packageAnswer, packageForOperator, packageOfDesk, packageView } from './package-view.ts'

/** What is for sale. Who may see more (`isOperator`) also gets what is hidden or off sale, and is told so. */
export function packagesOnSaleApi({ db, clock, config }: House, isOperator: (context: Context) => boolean): Hono {
  const app = new Hono()
  const onSale = () => packagesOnSale(db, { atMs: clock.nowMs(), timeZone: config.site.timezone })
  const list = call({
    does: 'What is for sale, cheapest first; an operator also gets what is hidden or off sale.',
    answers: { 200: pageAnswer(z.union([packageOfDesk, packageAnswer])) },
  })
  app.get('/api/packages', list, (c) => {
    const items = isOperator(c) ? allPackages(db).map(packageForOperator) : onSale().map(packageView)
    return c.json(wholeList<unknown>(items))
  })
  return app
}
