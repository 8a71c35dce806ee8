import { type Context, Hono } from 'hono'
import { getCookie } from 'hono/cookie'
import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { SignInPage } from '../../../portal/console/sign-in.tsx'
import { voucherBatchById } from '../../billing/voucher-table.ts'
import { createVouchers } from '../../billing/vouchers.ts'
import { forgetFailedJob, pauseQueue, resumeQueue, retryFailedJob } from '../../flow/queue-commands.ts'
import { isQueue } from '../../flow/queues.ts'
import { siteToken } from '../../store/site.ts'
import type { House } from '../house.ts'
import { type Actor, requireSameOrigin, SESSION_COOKIE } from '../operator/guard.ts'
import { type SignInDoor, signOut } from '../operator/session.ts'
import { answerPage } from '../portal/answer-page.ts'
import { ProblemError, problem } from '../problem.ts'
import { deskPage } from './desk-page.tsx'
import { packagePages } from './package-pages.tsx'
import { textPages } from './text-pages.tsx'
import { voucherSheet } from './voucher-sheet.tsx'

/** The operator's pages. Forms carry a token bound to the sign-in, beside the same-origin check. */
export function consolePages(
  house: House,
  { identity, signIn }: { identity: (context: Context) => Actor | undefined; signIn: SignInDoor },
): Hono {
  const { store, db, config, site, clock } = house
  const app = new Hono()

  const csrfOf = (c: Context) => siteToken(site, `csrf:${getCookie(c, SESSION_COOKIE) ?? ''}`)

  const signInPage = (c: Context, error?: 'wrong' | 'locked' | 'signed-out', username?: string) =>
    answerPage(
      house,
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

  /** Back to the desk, which says what came of the click; a reload repeats nothing. */
  const toDesk = (c: Context, told: keyof typeof notices) => c.redirect(`/console?told=${told}`, 303)

  /** The form's fields, when it is one of ours and its sender may do what it asks. */
  const formOf = async (c: Context, page: ConsolePage, roles: readonly string[]): Promise<Record<string, string>> => {
    requireSameOrigin(c)
    const form = Object.fromEntries(new URLSearchParams(await c.req.text()))
    if (form.csrf !== page.csrf) throw problem(403, 'old-form', 'This form is from an older sign-in.')
    if (!roles.includes(page.operator.role)) throw problem(403, 'forbidden', `This needs the role ${roles[0]}.`)
    return form
  }

  app.onError((thrown, c) => {
    if (thrown instanceof ProblemError && thrown.problem.code === 'old-form') return toDesk(c, 'old-form')
    throw thrown
  })

  app.get('/console', (c) => {
    const page = pageFor(c)
    return page ? answerPage(house, c, deskPage(house, page, noticeOf(c.req.query('told')))) : signInPage(c)
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
    const note = { actor: page.operator.username, action: 'job.retry', subject: `job ${jobId}` }
    const outcome = await store.run(retryFailedJob, { jobId }, { ...note, unless: ['not-failed'] })
    return toDesk(c, outcome === 'retried' ? 'retried' : 'not-failed')
  })

  app.post('/console/jobs/:id/forget', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    await formOf(c, page, ['admin'])
    const jobId = Number(c.req.param('id'))
    const note = { actor: page.operator.username, action: 'job.forget', subject: `job ${jobId}` }
    const outcome = await store.run(forgetFailedJob, { jobId }, { ...note, unless: ['not-failed'] })
    return toDesk(c, outcome)
  })

  app.post('/console/queue/:name/:verb{pause|resume}', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    await formOf(c, page, ['admin'])
    const { name, verb } = c.req.param()
    if (!isQueue(name)) throw problem(404, 'queue-unknown', 'There is no such queue.')
    const note = { actor: page.operator.username, action: `queue.${verb}`, subject: name }
    if (verb === 'pause') await store.run(pauseQueue, { name, untilMs: null, reason: 'by the console' }, note)
    else await store.run(resumeQueue, { name }, { ...note, unless: ['not-paused'] })
    return toDesk(c, verb === 'pause' ? 'paused' : 'resumed')
  })

  app.post('/console/vouchers', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    const form = await formOf(c, page, ['cashier', 'admin'])
    const packageId = Number(form.package)
    const count = Number(form.count)
    if (!Number.isInteger(packageId) || !Number.isInteger(count) || count < 1 || count > 1000) {
      return toDesk(c, 'bad-batch')
    }
    const batch = { packageId, count, prefix: '', expiresAtMs: null, note: '' }
    const outcome = await store.run(createVouchers, batch, {
      actor: page.operator.username,
      action: 'voucher.create',
      subject: `${count} vouchers, batch`,
      unless: ['unknown-package'],
      made: 'batchId',
    })
    if (outcome.outcome === 'unknown-package') return toDesk(c, 'unknown-package')
    return c.redirect(`/console/vouchers/${outcome.batchId}`, 303)
  })

  app.get('/console/vouchers/:batchId', (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c)
    const batch = page.operator.role === 'viewer' ? undefined : voucherBatchById(db, c.req.param('batchId'))
    return batch ? answerPage(house, c, voucherSheet(house, page, batch)) : toDesk(c, 'unknown-batch')
  })

  app.route('/', packagePages(house, { pageFor, signInPage, formOf }))
  app.route('/', textPages(house, { pageFor, signInPage, formOf }))

  return app
}

/** What the desk can be told after a click, by the word in its address. */
const notices = {
  retried: { text: 'The job runs again.', bad: false },
  'not-failed': { text: 'That job is not among the failed ones any more.', bad: true },
  forgotten: { text: 'The job is forgotten.', bad: false },
  paused: { text: 'The queue is paused: what runs comes to its end, the rest waits.', bad: false },
  resumed: { text: 'The queue goes on.', bad: false },
  'bad-batch': { text: 'Choose a package and 1 to 1000 vouchers.', bad: true },
  'unknown-package': { text: 'There is no such package.', bad: true },
  'unknown-batch': { text: 'There is no such batch of vouchers.', bad: true },
  'old-form': { text: 'That page was too old to act on. Please do it again here.', bad: true },
}

const noticeOf = (told = '') => (Object.hasOwn(notices, told) ? notices[told as keyof typeof notices] : undefined)
