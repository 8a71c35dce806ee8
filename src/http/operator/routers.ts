import { X509Certificate } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { beginProvisioning, wishesOf } from '../../routers/provision/provisionings.ts'
import {
  type AdoptionTokens,
  changeRouter,
  registerRouter,
  removeRouter,
  renewAdoption,
} from '../../routers/registry.ts'
import { allRouters, type RouterRow, routerById } from '../../routers/router-table.ts'
import { type ProbeRow, probeOf } from '../../routers/watch/probes.ts'
import { reachOf } from '../../routers/watch/reach-table.ts'
import type { Db } from '../../store/database.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import { lineOf, scriptOf } from '../router-script.ts'
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

const routerChange = routerBody
  .extend({
    address: z.union([z.ipv4(), z.ipv6()]).nullable(),
    /** PEM; null lets the router show a new one. */
    certificate: z.string().max(20_000).refine(isCertificate, 'is no certificate (PEM)').nullable(),
  })
  .partial()

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

const changed = <Key extends string, Value>(key: Key, value: Value | undefined): { [Name in Key]?: Value } =>
  value === undefined ? {} : ({ [key]: value } as { [Name in Key]: Value })

const taken = (code: 'name-taken' | 'address-taken') => {
  const field = code === 'name-taken' ? 'name' : 'address'
  return problem(409, code, `${field}: another router has it`, [{ field, message: 'another router has it' }])
}

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
    if (outcome.outcome !== 'registered') throw taken(outcome.outcome)
    await audited(c, 'router.register', `router ${outcome.router.id}`)
    return c.json(withScript(outcome.router, outcome), 201)
  })

  /** The script again, with a new token: the old one is void. */
  app.get('/api/routers/:id/script', admin, async (c) => {
    const outcome = await store.run(renewAdoption, { routerId: idInPath(c, 'router') })
    if (outcome.outcome === 'unknown') throw unknownRouter()
    await audited(c, 'router.script', `router ${outcome.router.id}`)
    return c.json(withScript(outcome.router, outcome))
  })

  /** What the router itself has to know of it (secret, port, mode) is brought to it when it is one that we keep. */
  app.patch('/api/routers/:id', admin, async (c) => {
    const routerId = idInPath(c, 'router')
    const body = routerChange.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { api_tls: apiTls, ...asked } = body.data
    const change = {
      ...changed('name', asked.name),
      ...changed('address', asked.address),
      ...changed('apiPort', asked.api_port),
      ...changed('apiTls', apiTls === undefined ? undefined : apiTls ? (1 as const) : (0 as const)),
      ...changed('apiUsername', asked.api_username),
      ...changed('apiPassword', asked.api_password),
      ...changed('radiusSecret', asked.radius_secret),
      ...changed('coaPort', asked.coa_port),
      ...changed('accessMode', asked.access_mode),
      ...changed('certificatePem', asked.certificate),
    }
    const outcome = await store.run(changeRouter, { routerId, change })
    if (outcome === 'unknown') throw unknownRouter()
    if (outcome !== 'changed') throw taken(outcome)
    await audited(c, 'router.change', `router ${routerId}: ${Object.keys(asked).join(', ')}`)
    const concerns =
      change.radiusSecret !== undefined || change.coaPort !== undefined || change.accessMode !== undefined
    if (concerns && wishesOf(db, routerId).provisionedAtMs !== null) {
      await store.run(beginProvisioning, { routerId, why: 'asked', secrets: change.radiusSecret !== undefined })
    }
    return c.json(routerView(db, routerById(db, routerId) as RouterRow))
  })

  app.delete('/api/routers/:id', admin, async (c) => {
    const routerId = idInPath(c, 'router')
    const outcome = await store.run(removeRouter, { routerId })
    if (outcome === 'unknown') throw unknownRouter()
    await audited(c, 'router.remove', `router ${routerId}`)
    return c.body(null, 204)
  })

  function withScript(router: RouterRow, { adoptToken, scriptToken }: AdoptionTokens) {
    return {
      ...routerView(db, router),
      connectivity_line: lineOf(house, scriptToken),
      connectivity_script: scriptOf(house, router, adoptToken),
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
    // Of the certificate that its API must show; null: whatever it shows.
    certificate_sha256: fingerprintOf(router.certificatePem),
    coa_port: router.coaPort,
    access_mode: router.accessMode,
    model: router.model,
    version: router.version,
    serial: router.serial,
    adopt_token_expires_at: iso(router.adoptExpiresAtMs),
    created_at: iso(router.createdAtMs),
  }
}

const fingerprintOf = (pem: string | null) => (pem === null ? null : new X509Certificate(pem).fingerprint256)

const probeView = ({ state, reason, findings }: ProbeRow) => ({
  state,
  reason,
  identity: findings?.identity ?? null,
  device_mode: findings?.deviceMode ?? null,
  packages: findings?.packages ?? [],
})

const iso = (atMs: number | null | undefined) => (atMs == null ? null : new Date(atMs).toISOString())

const unknownRouter = () => problem(404, 'router-unknown', 'There is no such router.')
