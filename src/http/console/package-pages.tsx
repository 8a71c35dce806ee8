import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { type PackageLine, PackagesPage, type PackagesPageProps } from '../../../portal/console/packages.tsx'
import { allPackages, isOnSale, type PackageRow } from '../../billing/package-table.ts'
import { termsOfPackage } from '../../billing/package-terms.ts'
import { addPackage, changePackage } from '../../billing/packages.ts'
import { SALE_DAYS } from '../../billing/sale-hours.ts'
import { lineField } from '../fields.ts'
import type { House } from '../house.ts'
import { routerName } from '../operator/router-terms.ts'
import { answerPage } from '../portal/answer-page.ts'
import { saleHoursField, saleHoursOf, saleHoursView } from '../sale-hours-field.ts'
import type { SignedIn } from './signed-in.ts'

const count = (min: number, max: number) => z.string().regex(/^\d+$/).transform(Number).pipe(z.int().min(min).max(max))

const typedPackage = z.object({
  name: lineField.min(1).max(64),
  price: count(0, 250_000),
  minutes: count(1, 366 * 1440),
  days: z
    .literal('')
    .transform(() => null)
    .or(count(1, 366))
    .default(null),
  type: z.enum(['hotspot', 'pppoe']).default('hotspot'),
})

/** An empty field says nothing. */
const typedName = z
  .literal('')
  .transform(() => null)
  .or(routerName)
  .nullable()
  .default(null)
const typedTerms = z.object({ pool: typedName, profile: typedName, list: typedName, walled: typedName })

/** What is sold: the list, the form that adds to it, and taking something off sale. The rest is the API's. */
export function packagePages(house: House, { pageFor, signInPage, formOf }: SignedIn): Hono {
  const { store, db, config } = house
  const app = new Hono()

  const show = (c: Context, page: ConsolePage, rest: Pick<PackagesPageProps, 'notice' | 'typed'> = {}) =>
    answerPage(
      house,
      c,
      <PackagesPage
        {...page}
        currency={config.site.currency}
        packages={allPackages(db).map((row) => ({
          ...lineOf(row, page),
          onlyOnline: termsOfPackage(db, row.id).pausesOffline,
        }))}
        {...rest}
      />,
      rest.notice?.bad ? 422 : 200,
    )

  app.get('/console/packages', (c) => {
    const page = pageFor(c)
    return page ? show(c, page, { notice: noticeOf(c.req.query('told')) }) : signInPage(c)
  })

  app.post('/console/packages', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    const typed = await formOf(c, page, ['admin'])
    const refuse = (text: string) => show(c, page, { typed, notice: { text, bad: true } })
    const asked = typedPackage.safeParse(typed)
    const hours = hoursTyped(typed)
    const names = typedTerms.safeParse(typed)
    if (!asked.success)
      return refuse(
        'A package needs a name, a price in whole shillings and its minutes; the days to use it within, if any, are 1 to 366.',
      )
    if (!hours.success) return refuse('Hours of sale need their days and two different times, from and until.')
    if (!names.success) return refuse('Names of the router’s pool, profile and lists have 1 to 64 visible characters.')
    const { pool, profile, list, walled } = names.data
    const walls = { graceAddressList: walled, suspendedAddressList: walled }
    const offer: Parameters<typeof addPackage.run>[1] = {
      ...{ name: asked.data.name, description: '', type: asked.data.type, currency: config.site.currency },
      ...{ priceCents: asked.data.price * 100, durationSeconds: asked.data.minutes * 60 },
      validSeconds: asked.data.days === null ? null : asked.data.days * 86_400,
      ...{ dataLimitBytes: null, downKbps: null, upKbps: null, deviceLimit: 1, hidden: 0 },
      ...saleHoursOf(hours.data),
      terms: {
        ...{ framedPool: pool, routerGroup: profile, addressList: list, ...walls },
        pausesOffline: typed.online === '1',
      },
    }
    const outcome = await store.run(addPackage, offer, {
      ...{ actor: page.operator.username, action: 'package.add', subject: 'package' },
      unless: ['name-taken', 'only-hotspot-free', 'valid-too-short'],
      made: 'row.id',
    })
    if (outcome.outcome === 'only-hotspot-free') return refuse('Only a hotspot package may cost nothing.')
    if (outcome.outcome === 'valid-too-short')
      return refuse('The days to use it within must not be fewer than its minutes.')
    if (outcome.outcome !== 'added') return refuse('Another package has this name.')
    return c.redirect('/console/packages?told=added', 303)
  })

  app.post('/console/packages/:id/sale', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    const form = await formOf(c, page, ['admin'])
    const packageId = Number(c.req.param('id'))
    const active = form.active === '1' ? 1 : 0
    const note = { actor: page.operator.username, action: 'package.change', subject: `package ${packageId}: active` }
    const outcome = await store.run(
      changePackage,
      { packageId, change: { active } },
      { ...note, unless: ['unknown', 'name-taken', 'only-hotspot-free', 'valid-too-short'] },
    )
    if (outcome.outcome !== 'changed') return c.redirect('/console/packages?told=gone', 303)
    return c.redirect(`/console/packages?told=${active ? 'on' : 'off'}`, 303)
  })

  return app
}

/** No hours at all mean always. */
function hoursTyped(typed: Record<string, string>) {
  const days = SALE_DAYS.filter((day) => typed[day] === '1')
  const isAlways = days.length === 0 && !typed.from && !typed.until
  return saleHoursField.nullable().safeParse(isAlways ? null : { days, from: typed.from, until: typed.until })
}

function lineOf(row: PackageRow, { nowMs, timeZone }: ConsolePage): Omit<PackageLine, 'onlyOnline'> {
  const hours = saleHoursView(row)
  const state = isOnSale(row, { atMs: nowMs, timeZone }) ? 'on sale' : 'outside its hours'
  return {
    ...{ id: row.id, name: row.name, type: row.type, priceCents: row.priceCents, currency: row.currency },
    minutes: Math.round(row.durationSeconds / 60),
    withinDays: row.validSeconds === null ? undefined : Math.round((row.validSeconds / 86_400) * 10) / 10,
    hours: hours ? `${hours.days.join(', ')} ${hours.from}–${hours.until}` : undefined,
    state: row.active === 0 ? 'off sale' : row.hidden === 1 ? 'hidden' : state,
  }
}

const notices = {
  added: { text: 'The package is on sale.', bad: false },
  on: { text: 'The package is on sale again.', bad: false },
  off: { text: 'The package is off sale. What was bought stays as it was sold.', bad: false },
  gone: { text: 'There is no such package any more.', bad: true },
}

const noticeOf = (told = '') => (Object.hasOwn(notices, told) ? notices[told as keyof typeof notices] : undefined)
