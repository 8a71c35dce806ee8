import { X509Certificate } from 'node:crypto'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import {
  type AdoptionTokens,
  changeRouter,
  type RouterChange,
  registerRouter,
  removeRouter,
  renewAdoption,
} from '../../routers/registry.ts'
import { allRouters, type RouterRow, routerById } from '../../routers/router-table.ts'
import { call } from '../call.ts'
import { lineField } from '../fields.ts'
import type { House } from '../house.ts'
import { portalUrlForRouter } from '../portal-url.ts'
import { problem } from '../problem.ts'
import { lineOf, scriptOf } from '../router-script.ts'
import type { Guards } from './guard.ts'
import { idInPath, pageAnswer, wholeList } from './page.ts'
import { hotspotNames } from './router-provisioning.ts'
import { routerAnswer, routerView } from './router-view.ts'

const port = z.int().min(1).max(65535)
const printable = (max: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'is not visible ASCII characters')
    .max(max)

const changeBody = z
  .strictObject({
    name: lineField.min(1).max(64),
    address: z.union([z.ipv4(), z.ipv6()], 'is not an IP address'),
    api_port: port,
    api_tls: z.boolean(),
    api_username: printable(64),
    api_password: printable(128),
    radius_secret: printable(128).min(8),
    coa_port: port,
    access_mode: z.enum(['radius', 'local']),
    require_message_authenticator: z.enum(['auto', 'yes', 'no']).nullable(),
  })
  .partial()

const routerBody = changeBody.required({ name: true }).extend({
  use_hotspots: hotspotNames.optional().meta({
    description: 'Of several hotspots that the router has, those that are to be used, by name. Left out: the only one.',
  }),
})

/** Null lets the router show a new one, which is then believed. */
const certificate = z.string().max(20_000).refine(isCertificate, 'is no certificate (PEM)').nullable()

/** What it counts as input; null: what `[radius] input_octets` says. */
const inputOctets = z.enum(['upload', 'download']).nullable()

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

const withScriptAnswer = routerAnswer.extend({
  connectivity_line: z.string().meta({ description: 'Fetches and runs the script, once and within 60 minutes.' }),
  connectivity_script: z.string(),
})

/** Routers. Registration is the one thing that answers with its result: no network, one commit. */
export function routersApi(house: House, { viewer, admin, act }: Guards): Hono {
  const { db } = house
  const app = new Hono()

  const list = call({ does: 'The routers of this site.', answers: { 200: pageAnswer(routerAnswer) } })
  app.get('/api/routers', viewer, list, (c) =>
    c.json(wholeList(allRouters(db).map((router) => routerView(db, router)))),
  )

  const one = call({ does: 'One router.', answers: { 200: routerAnswer } })
  app.get('/api/routers/:id', viewer, one, (c) => {
    const router = routerById(db, idInPath(c, 'router'))
    if (!router) throw unknownRouter()
    return c.json(routerView(db, router))
  })

  const register = call({
    does: 'Registers a router and answers at once with the script to paste into it. What is left out is made.',
    body: routerBody,
    answers: { 201: withScriptAnswer },
  })
  app.post('/api/routers', admin, register, async (c) => {
    const asked = c.var.body
    const apiTls = asked.api_tls ?? false
    const router = {
      name: asked.name,
      address: asked.address ?? null,
      apiPort: asked.api_port ?? (apiTls ? 8729 : 8728),
      apiTls,
      accessMode: asked.access_mode ?? 'radius',
      coaPort: asked.coa_port ?? 3799,
      apiUsername: asked.api_username ?? null,
      apiPassword: asked.api_password ?? null,
      radiusSecret: asked.radius_secret ?? null,
      requireMessageAuthenticator: asked.require_message_authenticator ?? null,
      ...(asked.use_hotspots && { useHotspots: asked.use_hotspots }),
    }
    const unless = ['name-taken', 'address-taken'] as const
    const note = { action: 'router.register', subject: 'router', unless, made: 'router.id' } as const
    const outcome = await act(c, registerRouter, router, note)
    if (outcome.outcome !== 'registered') throw taken(outcome.outcome)
    return c.json(await withScript(c, outcome.router, outcome), 201)
  })

  const change = call({
    does: 'Changes what we know of a router. One that we keep is told by itself, any other by its script.',
    body: changeBody.extend({ certificate: certificate.optional(), input_octets: inputOctets.optional() }),
    answers: { 200: routerAnswer },
  })
  app.patch('/api/routers/:id', admin, change, async (c) => {
    const routerId = idInPath(c, 'router')
    const asked = c.var.body
    const change: RouterChange = {
      name: asked.name,
      address: asked.address,
      apiPort: asked.api_port,
      apiTls: asked.api_tls === undefined ? undefined : asked.api_tls ? 1 : 0,
      apiUsername: asked.api_username,
      apiPassword: asked.api_password,
      radiusSecret: asked.radius_secret,
      coaPort: asked.coa_port,
      accessMode: asked.access_mode,
      certificatePem: asked.certificate,
      inputOctets: asked.input_octets,
      requireMessageAuthenticator: asked.require_message_authenticator,
    }
    const subject = `router ${routerId}: ${Object.keys(asked).join(', ')}`
    const unless = ['unknown', 'name-taken', 'address-taken'] as const
    const outcome = await act(c, changeRouter, { routerId, change }, { action: 'router.change', subject, unless })
    if (outcome.outcome !== 'changed') {
      throw outcome.outcome === 'unknown' ? unknownRouter() : taken(outcome.outcome)
    }
    return c.json(routerView(db, outcome.router))
  })

  const script = call({
    does: 'The script again, with a new address to call home: the old one is void.',
    answers: { 200: withScriptAnswer },
  })
  app.get('/api/routers/:id/script', admin, script, async (c) => {
    const routerId = idInPath(c, 'router')
    const note = { action: 'router.script', subject: `router ${routerId}`, unless: ['unknown'] } as const
    const outcome = await act(c, renewAdoption, { routerId }, note)
    if (outcome.outcome === 'unknown') throw unknownRouter()
    return c.json(await withScript(c, outcome.router, outcome))
  })

  const remove = call({ does: 'Forgets a router and its sessions.', answers: { 204: null } })
  app.delete('/api/routers/:id', admin, remove, async (c) => {
    const routerId = idInPath(c, 'router')
    const note = { action: 'router.remove', subject: `router ${routerId}`, unless: ['unknown'] } as const
    if ((await act(c, removeRouter, { routerId }, note)) === 'unknown') throw unknownRouter()
    return c.body(null, 204)
  })

  async function withScript(
    c: Context,
    router: RouterRow,
    { adoptToken, scriptToken }: AdoptionTokens,
  ): Promise<z.infer<typeof withScriptAnswer>> {
    const portalUrl = await portalUrlForRouter(house, c, router.address)
    return {
      ...routerView(db, router),
      connectivity_line: lineOf(portalUrl, scriptToken),
      connectivity_script: scriptOf(house, router, adoptToken, portalUrl),
    }
  }

  return app
}

const unknownRouter = () => problem(404, 'router-unknown', 'There is no such router.')

function taken(outcome: 'name-taken' | 'address-taken') {
  const field = outcome === 'name-taken' ? 'name' : 'address'
  return problem(409, outcome, `${field}: another router has it`, [{ field, message: 'another router has it' }])
}
