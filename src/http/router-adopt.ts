import { Hono } from 'hono'
import { z } from 'zod'
import { adoptRouter, takeScript } from '../routers/registry.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { invalidInput, problem } from './problem.ts'
import { scriptOf } from './router-script.ts'

const field = z.string().max(200).optional()
const report = z.object({ version: field, model: field, serial: field, failed: z.string().max(2000).optional() })

/** A router that ran its connectivity script calls home, with a form: `version`, `model`, `serial`, `failed` (steps, by commas). */
export function routerAdoptApi(house: House): Hono {
  const { store, config } = house
  const app = new Hono()
  app.post('/api/routers/adopt/:token', async (c) => {
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
    return c.json({ status: 'adopted' })
  })

  /** The script by the line that holds this token: once, for the router alone; it holds the router's secrets. */
  app.get('/api/routers/adopt/:token/script', async (c) => {
    const outcome = await store.run(takeScript, { token: c.req.param('token') })
    if (outcome.outcome === 'gone')
      throw problem(410, 'script-gone', 'This script was fetched before, or is older than 60 minutes.')
    const script = scriptOf(house, outcome.router, outcome.adoptToken)
    return c.body(script, 200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  })
  return app
}
