import { type Context, Hono } from 'hono'
import { PairPage } from '../../../portal/customer/pair.tsx'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import { untilText } from '../../../portal/customer/remains.tsx'
import { linkTo, type SitePage } from '../../../portal/customer/site-page.ts'
import { TvHowPage, TvPage } from '../../../portal/customer/tv.tsx'
import { parseMacAddress } from '../../access/mac-address.ts'
import { openSessionsOfDevice } from '../../access/session-table.ts'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'
import { portalUrlFor } from '../portal-url.ts'
import { problem } from '../problem.ts'
import type { StatusStreams } from '../status-stream.ts'
import { answerPage } from './answer-page.ts'
import { grantPageOf } from './grant-address.ts'
import { remainsOf } from './grant-view.tsx'
import { knownDevice } from './known-device.ts'
import { openPairings } from './pairings.ts'
import { queryOf, visitorOf } from './visitor.ts'

/** A TV or a console goes online by way of a phone. */
export function tvPages(house: House, streams: StatusStreams): Hono {
  const { db, clock, config } = house
  const pairings = openPairings(clock)
  const app = new Hono()

  const statusOf = (macAddress: string) => ({
    status: 'tv',
    access: { online: openSessionsOfDevice(db, macAddress).length > 0 },
  })

  /** On the TV: shown to itself, and followed until it is online. */
  app.get('/tv', (c) => {
    const visitor = visitorOf(house, c, queryOf(c))
    const { macAddress } = visitor
    if (macAddress === undefined || c.req.query('show') === undefined)
      return answerPage(house, c, <TvHowPage {...visitor} />)
    const grantId = openSessionsOfDevice(db, macAddress)[0]?.grantId
    if (grantId && knownHere(c, macAddress)) {
      return c.redirect(grantPageOf(house, grantId, visitor), 303)
    }
    const page = `/tv/${pairings.codeOf({ macAddress, routerId: visitor.routerId })}`
    const { status, access } = statusOf(macAddress)
    return answerPage(
      house,
      c,
      <TvPage
        {...visitor}
        {...{ pairUrl: portalUrlFor(house, c) + page, statusUrl: `${page}/status`, eventsUrl: `${page}/events` }}
        {...{ status, online: access.online }}
        path={`${linkTo(visitor, '/tv')}&show=1`}
      />,
    )
  })

  const knownHere = (c: Context, named: string | undefined) =>
    knownDevice(house, clientAddress(c, config.http.trusted_proxies), named)

  /** On the phone that helps. */
  const pair = (c: Context, tv: Pick<SitePage, 'macAddress' | 'routerId'>) => {
    const visitor = visitorOf(house, c, { l: c.req.query('l') })
    const { macAddress: _phone, ...site } = visitor
    const grant = knownHere(c, undefined)?.grant
    const remains = grant && remainsOf(house, grant)
    const own = grant && remains && { code: grant.username, text: untilText(visitor.language, remains) }
    return answerPage(house, c, <PairPage {...{ ...site, ...tv, own }} />)
  }

  app.get('/tv/other', (c) => {
    const visitor = visitorOf(house, c, queryOf(c))
    const typed = (c.req.query('tv') ?? '').slice(0, 20)
    const macAddress = parseMacAddress(typed)
    if (macAddress === undefined) return answerPage(house, c, <TvHowPage {...visitor} bad={typed} />, 422)
    return pair(c, { macAddress, routerId: visitor.routerId })
  })

  app.get('/tv/:code', (c) => {
    const tv = pairings.find(c.req.param('code'))
    if (tv) return pair(c, tv)
    return answerPage(house, c, <ProblemPage {...visitorOf(house, c, queryOf(c))} problem="not-found" />, 404)
  })

  app.get('/tv/:code/status', (c) => c.json(statusOf(tvOf(c))))

  app.get('/tv/:code/events', (c) => {
    const macAddress = tvOf(c)
    const isAbout = ({ type }: { type: string }) => type === 'session.started' || type === 'access.online'
    return streams(c, { subject: macAddress, isAbout, read: () => statusOf(macAddress) })
  })

  function tvOf(c: Context): string {
    const tv = pairings.find(c.req.param('code') ?? '')
    if (!tv) throw problem(404, 'pairing-unknown', 'There is no such pairing.')
    return tv.macAddress
  }

  return app
}
