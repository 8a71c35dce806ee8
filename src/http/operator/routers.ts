import { Hono } from 'hono'
import { z } from 'zod'
import { connectivityScript } from '../../routers/connectivity-script.ts'
import { registerRouter, removeRouter, renewAdoption } from '../../routers/registry.ts'
import { allRouters, type RouterRow, routerById } from '../../routers/router-table.ts'
import { type ProbeRow, probeOf } from '../../routers/watch/probes.ts'
import { reachOf } from '../../routers/watch/reach-table.ts'
import type { Db } from '../../store/database.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { idInPath } from './page.ts'

const port = z.int().min(1).max(65535)
const printable = (max: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'is not visible ASCII characters')
    .max(max)

const routerBody = z.strictObject({
  name: z.string().trim().min(1).max(64),
  address: z.union([z.ipv4(), z.ipv6()]).optional(),
  api_port: port.optional(),
  api_tls: z.boolean().optional(),
  api_username: printable(64).optional(),
  api_password: printable(128).optional(),
  radius_secret: printable(128).min(8).optional(),
  coa_port: port.optional(),
  access_mode: z.enum(['radius', 'local']).optional(),
})

/** Routers. Registration is the one thing that answers with its result: no network, one commit. */
export function routersApi(house: House, { viewer, admin, audited }: Guards): Hono {
  const { store, db } = house
  const app = new Hono()

  app.get('/api/routers', viewer, (c) =>
    c.json({ items: allRouters(db).map((router) => routerView(db, router)), next_cursor: null }),
  )

  app.get('/api/routers/:id', viewer, (c) => {
    const router = routerById(db, idInPath(c, 'router'))
    if (!router) throw unknownRouter()
    return c.json(routerView(db, router))
  })

  app.post('/api/routers', admin, async (c) => {
    const body = routerBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const asked = body.data
    const apiTls = asked.api_tls ?? false
    const outcome = await store.run(registerRouter, {
      name: asked.name,
      address: asked.address ?? null,
      apiPort: asked.api_port ?? (apiTls ? 8729 : 8728),
      apiTls,
      accessMode: asked.access_mode ?? 'radius',
      coaPort: asked.coa_port ?? 3799,
      apiUsername: asked.api_username ?? null,
      apiPassword: asked.api_password ?? null,
      radiusSecret: asked.radius_secret ?? null,
    })
    if (outcome.outcome !== 'registered') {
      const field = outcome.outcome === 'name-taken' ? 'name' : 'address'
      throw problem(409, outcome.outcome, `${field}: another router has it`, [
        { field, message: 'another router has it' },
      ])
    }
    await audited(c, 'router.register', `router ${outcome.router.id}`)
    return c.json(withScript(outcome.router, outcome.adoptToken), 201)
  })

  /** The script again, with a new token: the old one is void. */
  app.get('/api/routers/:id/script', admin, async (c) => {
    const outcome = await store.run(renewAdoption, { routerId: idInPath(c, 'router') })
    if (outcome.outcome === 'unknown') throw unknownRouter()
    await audited(c, 'router.script', `router ${outcome.router.id}`)
    return c.json(withScript(outcome.router, outcome.adoptToken))
  })

  app.delete('/api/routers/:id', admin, async (c) => {
    const routerId = idInPath(c, 'router')
    const outcome = await store.run(removeRouter, { routerId })
    if (outcome === 'unknown') throw unknownRouter()
    await audited(c, 'router.remove', `router ${routerId}`)
    return c.body(null, 204)
  })

  function withScript(router: RouterRow, adoptToken: string) {
    const applianceAddress = new URL(house.portalUrl).hostname
    return {
      ...routerView(db, router),
      connectivity_script: connectivityScript({
        routerId: router.id,
        routerName: router.name,
        applianceAddress,
        portalUrl: house.portalUrl,
        adoptUrl: `${house.portalUrl}/api/routers/adopt/${adoptToken}`,
        apiUsername: router.apiUsername,
        apiPassword: router.apiPassword,
        apiPort: router.apiPort,
        apiTls: router.apiTls === 1,
        radiusSecret: router.radiusSecret,
        radiusAuthPort: house.radiusPorts.auth,
        radiusAcctPort: house.radiusPorts.acct,
        coaPort: router.coaPort,
        interimIntervalSeconds: house.config.radius.interim_interval,
      }),
    }
  }

  return app
}

/** Never its passwords: they are in the script, for those who may have it. */
function routerView(db: Db, router: RouterRow) {
  const reach = reachOf(db, router.id)
  const probe = probeOf(db, router.id)
  return {
    id: router.id,
    name: router.name,
    // How far it is set up; whether it can be reached is another matter.
    status: router.status,
    online: reach === undefined ? null : reach.online === 1,
    offline_reason: reach?.reason ?? null,
    last_seen_at: iso(reach?.seenAtMs),
    probe: probe === undefined ? null : probeView(probe),
    advice: probe?.advice ?? [],
    address: router.address,
    api_port: router.apiPort,
    api_tls: router.apiTls === 1,
    api_username: router.apiUsername,
    coa_port: router.coaPort,
    access_mode: router.accessMode,
    model: router.model,
    version: router.version,
    serial: router.serial,
    adopt_token_expires_at: iso(router.adoptExpiresAtMs),
    created_at: iso(router.createdAtMs),
  }
}

const probeView = ({ state, reason, findings }: ProbeRow) => ({
  state,
  reason,
  identity: findings?.identity ?? null,
  device_mode: findings?.deviceMode ?? null,
  packages: findings?.packages ?? [],
})

const iso = (atMs: number | null | undefined) => (atMs == null ? null : new Date(atMs).toISOString())

const unknownRouter = () => problem(404, 'router-unknown', 'There is no such router.')
