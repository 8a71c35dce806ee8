import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { CodePage } from '../../../portal/customer/code.tsx'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import { linkTo } from '../../../portal/customer/site-page.ts'
import { type GrantRow, grantById } from '../../access/grant-table.ts'
import type { News } from '../../flow/facts.ts'
import { siteToken } from '../../store/site.ts'
import { isOnline } from '../access-status.ts'
import type { Codes } from '../codes.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'
import { streamStatus } from '../status-stream.ts'
import { answerPage } from './answer-page.ts'
import { grantView } from './grant-view.tsx'
import { queryOf, visitorOf } from './visitor.ts'

/** Access by a code, and the page of one access. */
export function accessPages(house: House, codes: Codes): Hono {
  const { db, site } = house
  const app = new Hono()

  const tokenOf = (grantId: string) => siteToken(site, `grant:${grantId}`)
  const grantByToken = (grantId: string, token: string): GrantRow | undefined => {
    const expected = Buffer.from(tokenOf(grantId))
    const given = Buffer.from(token)
    return given.length === expected.length && timingSafeEqual(given, expected) ? grantById(db, grantId) : undefined
  }
  const urlsOf = (grantId: string, token: string) => {
    const pageUrl = `/a/${grantId}/${token}`
    return { pageUrl, statusUrl: `${pageUrl}/status`, eventsUrl: `${pageUrl}/events` }
  }

  app.get('/code', (c) => answerPage(c, <CodePage {...visitorOf(house, c, queryOf(c))} />))

  app.post('/code', async (c) => {
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    const visitor = visitorOf(house, c, form)
    const typed = (form.code ?? '').slice(0, 40)
    const outcome = await codes(c, ['voucher', 'resume', 'receipt'], typed, visitor.macAddress ?? null)
    if (outcome.outcome === 'granted') {
      const { pageUrl } = urlsOf(outcome.grant.id, tokenOf(outcome.grant.id))
      return c.redirect(`${pageUrl}?l=${visitor.language}`, 303)
    }
    const said = outcome.outcome === 'no-package' ? 'unknown' : outcome.outcome
    const code = said === 'too-many-tries' ? said : (`code-${said}` as const)
    const page = <CodePage {...visitor} path={linkTo(visitor, '/code')} code={typed} error={{ code }} />
    return answerPage(c, page, outcome.outcome === 'too-many-tries' ? 429 : 422)
  })

  app.get('/a/:grantId/:token', (c) => {
    const { grantId, token } = c.req.param()
    const grant = grantByToken(grantId, token)
    const visitor = visitorOf(house, c, { ...queryOf(c), ...(grant?.macAddress && { mac: grant.macAddress }) })
    if (!grant) return answerPage(c, <ProblemPage {...visitor} problem="not-found" />, 404)
    const { pageUrl, statusUrl, eventsUrl } = urlsOf(grantId, token)
    const path = `${pageUrl}?l=${visitor.language}`
    const nextUrl = c.req.query('n') === undefined ? `${path}&n=1` : undefined
    return answerPage(
      c,
      grantView(house, { ...visitor, path }, grant, { status: statusOf(grant), statusUrl, eventsUrl, nextUrl }),
    )
  })

  /** Shaped like a payment's status, so that the page's script follows both. */
  const statusBody = (grant: GrantRow) => ({ status: statusOf(grant), access: { online: isOnline(db, grant) } })

  app.get('/a/:grantId/:token/status', (c) => {
    const grant = grantByToken(c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    return c.json(statusBody(grant))
  })

  app.get('/a/:grantId/:token/events', (c) => {
    const grant = grantByToken(c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    return streamStatus(house, c, {
      isAbout: ({ data }: News) => 'grantId' in data && data.grantId === grant.id,
      read() {
        const now = grantById(db, grant.id)
        return now && statusBody(now)
      },
    })
  })

  return app
}

const statusOf = ({ endedAtMs }: GrantRow) => (endedAtMs === null ? 'open' : 'ended')

const unknownAccess = () => problem(404, 'access-unknown', 'There is no such access.')
