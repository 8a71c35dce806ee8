import { Hono } from 'hono'
import * as z from 'zod'
import { adoptRouter, takeScript } from '../routers/registry.ts'
import { call } from './call.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { portalUrlForCaller } from './portal-url.ts'
import { invalidInput, problem } from './problem.ts'
import { scriptOf } from './router-script.ts'

const field = z.string().max(200).optional()
const report = z.object({ version: field, model: field, serial: field, failed: z.string().max(2000).optional() })

/** A router that ran its connectivity script calls home, with a form: `version`, `model`, `serial`, `failed` (steps, by commas). */
export function routerAdoptApi(house: House): Hono {
  const { store, config } = house
  const app = new Hono()
  const adopt = call({
    does: 'A router that ran its script calls home, once and within 60 minutes.',
    answers: { 200: z.object({ status: z.literal('adopted') }) },
  })
  app.post('/api/routers/adopt/:token', adopt, async (c) => {
    const body = report.safeParse(Object.fromEntries(new URLSearchParams(await c.req.text())))
    if (!body.success) throw invalidInput(body.error)
    const { version, model, serial, failed } = body.data
    const outcome = await store.run(adoptRouter, {
      token: c.req.param('token'),
      sourceAddress: clientAddress(c, config.http.trusted_proxies),
      version: version || null,
      model: model || null,
      serial: serial || null,
      failedSteps: (failed ?? '').split(',').filter(Boolean),
    })
    if (outcome === 'gone')
      throw problem(410, 'adoption-gone', 'This address was used before, or is older than 60 minutes.')
    if (outcome === 'address-taken') {
      throw problem(409, 'address-taken', 'Another router of this site has the address that this call came from.')
    }
    return c.json({ status: 'adopted' })
  })

  const script = call({
    does: 'The script, by the line that holds this token: once and within 60 minutes. It holds the secrets of the router.',
    answers: { 200: z.string().meta({ contentType: 'text/plain' }) },
  })
  app.get('/api/routers/adopt/:token/script', script, async (c) => {
    const outcome = await store.run(takeScript, { token: c.req.param('token') })
    if (outcome.outcome === 'gone')
      throw problem(410, 'script-gone', 'This script was fetched before, or is older than 60 minutes.')
    return c.body(scriptOf(house, outcome.router, outcome.adoptToken, await portalUrlForCaller(house, c)), 200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    })
  })
  return app
}
