import { type Context, Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { SignInPage } from '../../../portal/console/sign-in.tsx'
import { VouchersPage } from '../../../portal/console/vouchers.tsx'
import { packageById } from '../../billing/package-table.ts'
import { voucherBatchById, vouchersOfBatch } from '../../billing/voucher-table.ts'
import { createVouchers } from '../../billing/vouchers.ts'
import { retryFailedJob } from '../../flow/queue-commands.ts'
import { recordAudit } from '../../staff/staff.ts'
import { siteToken } from '../../store/site.ts'
import type { House } from '../house.ts'
import { type Actor, requireSameOrigin, SESSION_COOKIE } from '../operator/guard.ts'
import { openSignIn, signOut } from '../operator/session.ts'
import { answerPage } from '../portal/answer-page.ts'
import { problem } from '../problem.ts'
import { deskPage } from './desk-page.tsx'

/** The operator's pages. Forms carry a token bound to the sign-in, beside the same-origin check. */
export function consolePages(house: House, identity: (context: Context) => Actor | undefined): Hono {
  const { store, db, config, site, clock } = house
  const signIn = openSignIn(house)
  const app = new Hono()

  const csrfOf = (c: Context) => siteToken(site, `csrf:${getCookie(c, SESSION_COOKIE) ?? ''}`)

  const signInPage = (c: Context, error?: 'wrong' | 'locked' | 'signed-out', username?: string) =>
    answerPage(
      c,
      <SignInPage siteName={config.site.name} csrf="" error={error} username={username} />,
      error === undefined ? 200 : 401,
    )

  /** Undefined for one who is not signed in; pages are for people with the cookie. */
  const pageFor = (c: Context): ConsolePage | undefined => {
    const actor = identity(c)
    if (actor?.by !== 'cookie') return undefined
    return {
      siteName: config.site.name,
      operator: { username: actor.name, role: actor.role },
      csrf: csrfOf(c),
      timeZone: config.site.timezone,
      nowMs: clock.nowMs(),
    }
  }

  /** The form's fields, when it is one of ours and its sender may do what it asks. */
  const formOf = async (c: Context, page: ConsolePage, roles: readonly string[]): Promise<Record<string, string>> => {
    requireSameOrigin(c)
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    if (form.csrf !== page.csrf)
      throw problem(403, 'cross-origin', 'This form is from an older sign-in. Open the page again.')
    if (!roles.includes(page.operator.role)) throw problem(403, 'forbidden', `This needs the role ${roles[0]}.`)
    return form
  }

  app.get('/console', (c) => {
    const page = pageFor(c)
    return page ? answerPage(c, deskPage(house, page)) : signInPage(c)
  })

  app.post('/console/sign-in', async (c) => {
    requireSameOrigin(c)
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    const answer = await signIn(c, (form.username ?? '').slice(0, 100), (form.password ?? '').slice(0, 200))
    if (answer.outcome === 'signed-in') return c.redirect('/console', 303)
    return signInPage(c, answer.outcome === 'wrong' ? 'wrong' : 'locked', form.username)
  })

  app.post('/console/sign-out', async (c) => {
    requireSameOrigin(c)
    await signOut(house, c)
    return c.redirect('/console', 303)
  })

  app.post('/console/jobs/:id/retry', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    await formOf(c, page, ['admin'])
    const jobId = Number(c.req.param('id'))
    const outcome = await store.run(retryFailedJob, { jobId })
    await store.run(recordAudit, { actor: page.operator.username, action: 'job.retry', subject: `job ${jobId}` })
    return answerPage(
      c,
      deskPage(
        house,
        page,
        outcome === 'retried'
          ? { text: 'The job runs again.', bad: false }
          : { text: 'That job is not among the failed ones any more.', bad: true },
      ),
    )
  })

  app.post('/console/vouchers', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    const form = await formOf(c, page, ['cashier', 'admin'])
    const packageId = Number(form.package)
    const count = Number(form.count)
    if (!Number.isInteger(packageId) || !Number.isInteger(count) || count < 1 || count > 1000) {
      return answerPage(c, deskPage(house, page, { text: 'Choose a package and 1 to 1000 vouchers.', bad: true }), 422)
    }
    const outcome = await store.run(createVouchers, { packageId, count, prefix: '', expiresAtMs: null, note: '' })
    if (outcome.outcome === 'unknown-package') {
      return answerPage(c, deskPage(house, page, { text: 'There is no such package.', bad: true }), 422)
    }
    const subject = `batch ${outcome.batchId}, ${count} vouchers`
    await store.run(recordAudit, { actor: page.operator.username, action: 'voucher.create', subject })
    return c.redirect(`/console/vouchers/${outcome.batchId}`, 303)
  })

  app.get('/console/vouchers/:batchId', (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c)
    const batch = page.operator.role === 'viewer' ? undefined : voucherBatchById(db, c.req.param('batchId'))
    const sold = batch && packageById(db, batch.packageId)
    if (!batch || !sold) throw problem(404, 'batch-unknown', 'There is no such batch of vouchers.')
    const vouchers = vouchersOfBatch(db, batch.id).map(({ code, state, expiresAtMs }) => {
      const expired = state === 'unused' && expiresAtMs !== null && expiresAtMs <= page.nowMs
      return { code, state: expired ? ('expired' as const) : state === 'redeemed' ? ('used' as const) : state }
    })
    return answerPage(
      c,
      <VouchersPage
        {...page}
        batchId={batch.id}
        packageName={batch.packageName}
        priceCents={sold.priceCents}
        currency={sold.currency}
        createdAtMs={batch.createdAtMs}
        expiresAtMs={batch.expiresAtMs ?? undefined}
        portalUrl={house.portalUrl}
        supportPhone={config.site.support_phone}
        vouchers={vouchers}
      />,
    )
  })

  return app
}
