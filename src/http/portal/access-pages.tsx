import { type Context, Hono } from 'hono'
import { CodePage } from '../../../portal/customer/code.tsx'
import { MovePage } from '../../../portal/customer/move.tsx'
import { ProblemPage } from '../../../portal/customer/problem.tsx'
import { linkTo } from '../../../portal/customer/site-page.ts'
import { type GrantRow, grantById } from '../../access/grant-table.ts'
import { parseMacAddress } from '../../access/mac-address.ts'
import { pauseGrant } from '../../access/pause.ts'
import { resumeGrant } from '../../access/resume.ts'
import { latestSessionOfDevice, openSessionsOfGrant } from '../../access/session-table.ts'
import type { News } from '../../flow/facts.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { accessState } from '../access-status.ts'
import { clientAddress } from '../client-address.ts'
import type { Codes } from '../codes.ts'
import type { House } from '../house.ts'
import { portalUrlFor } from '../portal-url.ts'
import { problem } from '../problem.ts'
import type { StatusStreams } from '../status-stream.ts'
import { limitTries } from '../tries.ts'
import { answerPage } from './answer-page.ts'
import type { DeviceMemory } from './device-memory.ts'
import { readForm } from './form.ts'
import { grantByToken, grantPageOf, grantUrls } from './grant-address.ts'
import { grantView, timeLeftView } from './grant-view.tsx'
import { formTargets } from './login-forms.ts'
import { queryOf, visitorOf } from './visitor.ts'

interface AccessDoors extends DeviceMemory {
  codes: Codes
  streams: StatusStreams
}

/** How often an access may be connected: nobody changes the device more often than this. */
const CONNECTS = { most: 10, windowMs: 10 * 60_000 }

/** Access by a code, and the page of one access. */
export function accessPages(house: House, { codes, streams, lastPages, loginForms }: AccessDoors): Hono {
  const { db, store, clock, config } = house
  const connects = limitTries({ ...CONNECTS, clock })
  const app = new Hono()

  app.get('/code', (c) => answerPage(house, c, <CodePage {...visitorOf(house, c, queryOf(c))} />))

  app.post('/code', async (c) => {
    const form = await readForm(c)
    const asked = visitorOf(house, c, form)
    const visitor = { ...asked, path: linkTo(asked, '/code') }
    const code = (form.code ?? '').slice(0, 400)
    const outcome = await codes(c, ['voucher', 'resume', 'receipt'], code, {
      macAddress: visitor.macAddress ?? null,
      mayMove: form.move === '1',
    })
    switch (outcome.outcome) {
      case 'granted': {
        const page = grantPageOf(house, outcome.grant.id, visitor)
        if (form.move === '1') forgetOthers(outcome.grant.id, visitor.macAddress)
        lastPages.remember(c, visitor.macAddress, page)
        return c.redirect(`${page}&asked=${clock.nowMs()}`, 303)
      }
      case 'in-use':
        return answerPage(house, c, <MovePage {...visitor} code={code} devices={outcome.devices} />)
      case 'too-many-tries':
        return answerPage(
          house,
          c,
          <CodePage {...visitor} {...{ code, error: { code: outcome.outcome, waitSeconds: outcome.waitSeconds } }} />,
          429,
        )
      default:
        return answerPage(
          house,
          c,
          <CodePage {...visitor} {...{ code, error: { code: `code-${outcome.outcome}` } }} />,
          422,
        )
    }
  })

  /** Their pages would say "you are online" of the device that has it now. */
  function forgetOthers(grantId: string, macAddress: string | undefined): void {
    for (const session of openSessionsOfGrant(db, grantId)) {
      if (session.macAddress !== null && session.macAddress !== macAddress) lastPages.forgetDevice(session.macAddress)
    }
  }

  app.get('/a/:grantId/:token', (c) => {
    const { grantId, token } = c.req.param()
    const grant = grantByToken(house, grantId, token)
    const asked = visitorOf(house, c, queryOf(c))
    if (!grant) return answerPage(house, c, <ProblemPage {...asked} problem="not-found" />, 404)
    const { macAddress } = asked
    const urls = grantUrls(house, grantId, macAddress)
    const path = grantPageOf(house, grantId, asked)
    const visitor = { ...asked, macAddress: macAddress ?? grant.macAddress ?? undefined }
    const left = c.req.query('left') !== undefined && timeLeftView(house, { ...visitor, path }, grant, 'left')
    if (left) return answerPage(house, c, left)
    const nextUrl = c.req.query('n') === undefined ? `${path}&n=1` : undefined
    const askedMs = askedAtMs(c, visitor.macAddress)
    // Without a name it may be any device that looks; one that has just asked is the one that shall go online.
    const isUnnamed = macAddress === undefined && askedMs !== undefined
    const device = isUnnamed ? null : visitor.macAddress
    const loginForm = device === undefined ? undefined : loginForms.find(c, device)
    const login = {
      loginForm,
      loginTried: c.req.query('tried') !== undefined,
      askedAtMs: askedMs,
    }
    const access = accessState(db, grant, { macAddress })
    const watch = { ...urls, status: statusOf(grant), access, nextUrl, portalUrl: portalUrlFor(house, c), ...login }
    const page = grantView(house, { ...visitor, path }, grant, watch)
    return answerPage(house, c, page, 200, { formTargets: formTargets(house, c, loginForm) })
  })

  /** When this device asked to be connected, if it has not been online and gone since. */
  function askedAtMs(c: Context, macAddress: string | undefined): number | undefined {
    const asked = c.req.query('asked') ?? ''
    if (!/^\d{1,15}$/.test(asked)) return undefined
    const session = macAddress === undefined ? undefined : latestSessionOfDevice(db, macAddress)
    return (session?.stoppedAtMs ?? 0) > Number(asked) ? undefined : Number(asked)
  }

  /** The device that asks goes online with it, as one that has just paid. */
  app.post('/a/:grantId/:token/connect', async (c) => {
    const grant = grantByToken(house, c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    const { language, macAddress } = visitorOf(house, c, await readForm(c))
    // Its page says why not.
    const page = grantPageOf(house, grant.id, { language, macAddress })
    const moves = macAddress !== undefined && macAddress !== grant.macAddress
    if (moves && connects.take(grant.id) > 0) return c.redirect(page, 303)
    const resumed = await store.run(resumeGrant, {
      grantId: grant.id,
      macAddress: macAddress ?? grant.macAddress,
      askedFrom: clientAddress(c, config.http.trusted_proxies),
    })
    if (resumed.outcome !== 'resumed') return c.redirect(page, 303)
    await store.run(enqueueJob, { name: 'create-hotspot-user', payload: { grantId: grant.id } })
    return c.redirect(`${page}&asked=${clock.nowMs()}`, 303)
  })

  /** All its devices go offline. What is left stays: until its time is over, or for as long as it is paused where that was sold. */
  app.post('/a/:grantId/:token/leave', async (c) => {
    const grant = grantByToken(house, c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    const visitor = visitorOf(house, c, await readForm(c))
    lastPages.forget(c, visitor.macAddress ?? grant.macAddress ?? undefined)
    const outcome = await store.run(pauseGrant, { grantId: grant.id, byOperator: false })
    if (outcome !== 'paused') {
      await store.run(enqueueJob, { name: 'disconnect-expired-sessions', payload: { grantId: grant.id, asked: true } })
    }
    return c.redirect(`${grantPageOf(house, grant.id, visitor)}&left=1`, 303)
  })

  /** Shaped like a payment's status, so that the page's script follows both. */
  const statusBody = (c: Context, grant: GrantRow) => {
    const device = { macAddress: parseMacAddress(c.req.query('mac') ?? '') }
    return { status: statusOf(grant), access: accessState(db, grant, device) }
  }

  app.get('/a/:grantId/:token/status', (c) => {
    const grant = grantByToken(house, c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    return c.json(statusBody(c, grant))
  })

  app.get('/a/:grantId/:token/events', (c) => {
    const grant = grantByToken(house, c.req.param('grantId'), c.req.param('token'))
    if (!grant) throw unknownAccess()
    return streams(c, {
      subject: grant.id,
      isAbout: ({ data }: News) => 'grantId' in data && data.grantId === grant.id,
      read() {
        const now = grantById(db, grant.id)
        return now && statusBody(c, now)
      },
    })
  })

  return app
}

const statusOf = ({ endedAtMs }: GrantRow) => (endedAtMs === null ? 'open' : 'ended')

const unknownAccess = () => problem(404, 'access-unknown', 'There is no such access.')

/** Money that fits nothing on sale waits for a person: to the customer, the receipt opens nothing yet. */
