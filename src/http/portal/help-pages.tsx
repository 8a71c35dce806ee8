import { Hono } from 'hono'
import { HelpPage } from '../../../portal/customer/help.tsx'
import type { House } from '../house.ts'
import { portalUrlFor } from '../portal-url.ts'
import { answerPage } from './answer-page.ts'
import { queryOf, visitorOf } from './visitor.ts'

/** What to do when it does not go by itself. */
export function helpPages(house: House): Hono {
  const app = new Hono()
  app.get('/help', (c) => {
    const portalAddress = portalUrlFor(house, c).replace(/^https?:\/\//, '')
    return answerPage(house, c, <HelpPage {...visitorOf(house, c, queryOf(c))} portalAddress={portalAddress} />)
  })
  return app
}
