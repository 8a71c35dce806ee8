import type { Context } from 'hono'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import { LANGUAGES, type Language } from '../../../portal/customer/texts.ts'
import { parseMacAddress } from '../../access/mac-address.ts'
import { routerOfLoginAddress } from '../../routers/login-address.ts'
import { routerById } from '../../routers/router-table.ts'
import type { Db } from '../../store/database.ts'
import type { House } from '../house.ts'

/** What a visitor's page carries along: names of query parameters and of hidden form fields. */
interface Carried {
  l?: string | undefined
  mac?: string | undefined
  router?: string | undefined
  /** The router's own login address, as its login page gave it. */
  llo?: string | undefined
}

/**
 * Who is looking, as far as can be told. The device's address comes from the router's redirect and is a hint: it decides
 * where to log in, never what may be seen.
 */
export function visitorOf(house: House, context: Context, carried: Carried): SitePage {
  const macAddress = parseMacAddress(carried.mac ?? '')
  const routerId = routerIdOf(house.db, carried)
  return {
    ...strangerOf(house, context, carried),
    ...(macAddress !== undefined && { macAddress }),
    ...(routerId !== undefined && { routerId }),
  }
}

/** The same without the database, for when that is what fails. */
export function strangerOf({ config, brand }: House, context: Context, carried: Carried): SitePage {
  const languages = LANGUAGES.filter((language) => config.site.languages.includes(language))
  const { pathname, search } = new URL(context.req.url)
  return {
    siteName: config.site.name,
    brand,
    languages,
    language: languageOf(carried.l, context.req.header('accept-language'), languages),
    supportPhone: config.site.support_phone,
    path: pathname + search,
  }
}

export function queryOf(context: Context): Carried {
  const { l, mac, router, llo } = context.req.query()
  return { l, mac, router, llo }
}

/** Asked for, else what the phone prefers, else the operator's first. */
function languageOf(asked: string | undefined, accepted: string | undefined, offered: readonly Language[]): Language {
  const fallback = offered[0] ?? 'en'
  const wanted = [asked ?? '', ...(accepted ?? '').split(',').map((part) => part.trim().slice(0, 2).toLowerCase())]
  return (
    offered.find((language) => language === asked) ??
    wanted.flatMap((code) => offered.filter((one) => one === code))[0] ??
    fallback
  )
}

/** The router behind which the visitor sits: named by our own links, or known by its login address. */
function routerIdOf(db: Db, { router = '', llo }: Carried): number | undefined {
  const named = /^\d{1,9}$/.test(router) ? routerById(db, Number(router)) : undefined
  return (named ?? (llo === undefined ? undefined : routerOfLoginAddress(db, llo)))?.id
}
