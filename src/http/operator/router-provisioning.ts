import { Hono } from 'hono'
import * as z from 'zod'
import { parseNetwork } from '../../routers/provision/ipv4-network.ts'
import { beginProvisioning, type ProvisioningRow, provisioningOf } from '../../routers/provision/provisionings.ts'
import type { WantedServices } from '../../routers/provision/wanted.ts'
import { wishesOf } from '../../routers/provision/wishes.ts'
import { routerById } from '../../routers/router-table.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { jobAnswer } from './job-view.ts'
import { idInPath } from './page.ts'

const network = z.string().refine((text) => parseNetwork(text) !== undefined, 'is no IPv4 network like 10.5.50.0/24')
/** Hotspots that others have made, as the router names them. */
export const hotspotNames = z
  .array(z.string().regex(/^[^,\p{Cc}]{1,64}$/u, 'is no name of a hotspot'))
  .min(1)
  .max(32)
/** As RouterOS names them; quotes and the like have no place in one. */
const interfaceName = z.string().regex(/^[\w .@+-]{1,64}$/, 'is no name of an interface')

const wanted = {
  use_hotspots: hotspotNames.optional(),
  hotspot: z
    .strictObject({
      interface: interfaceName.optional(),
      ports: z.array(interfaceName).min(1).max(64).optional(),
      network: network.default('10.5.50.0/24'),
    })
    .refine((asked) => (asked.interface === undefined) !== (asked.ports === undefined), 'say either interface or ports')
    .optional(),
  pppoe: z.strictObject({ interface: interfaceName, network: network.default('10.5.60.0/24') }).optional(),
}
const provisionBody = z
  .strictObject({
    ...wanted,
    only: z.boolean().default(false).meta({
      description:
        'Nothing but what is said here is wanted from now on. Without it `use_hotspots` alone leaves what we build as it was wanted.',
    }),
    dry_run: z.boolean().default(false),
  })
  .prefault({})

const provisioningAnswer = z.object({
  wanted: z.object(wanted),
  provisioned_at: isoTimeField.nullable(),
  last: z
    .object({
      ...{ why: z.string(), dry_run: z.boolean(), state: z.enum(['running', 'completed', 'failed', 'cancelled']) },
      ...{ stage: z.string(), percent: z.int(), message: z.string(), changes: z.array(z.string()) },
      ...{ started_at: isoTimeField, ended_at: isoTimeField.nullable() },
    })
    .nullable(),
})

/** Making routers be as wanted, and how far that is. */
export function routerProvisioningApi({ db }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()

  const provision = call({
    does: 'Makes a router be as wanted; with `dry_run` it only says what would change.',
    body: provisionBody,
    answers: { 202: jobAnswer },
  })
  app.post('/api/routers/:id/provision', admin, provision, async (c) => {
    const routerId = idInPath(c, 'router')
    const { use_hotspots: useHotspots, hotspot, pppoe, only, dry_run: dryRun } = c.var.body
    const wanted = { ...(useHotspots && { useHotspots }), ...(hotspot && { hotspot }), ...(pppoe && { pppoe }) }
    const isChoice = only || Object.keys(wanted).length > 0
    const asked = { routerId, why: 'asked' as const, dryRun, ...(isChoice && { wanted, only }) }
    const action = dryRun ? 'router.plan' : 'router.provision'
    const note = { action, subject: `router ${routerId}`, unless: [undefined] }
    const begun = await act(c, beginProvisioning, asked, note)
    if (!begun) throw unknownRouter()
    return c.json({ job_id: begun.jobId }, 202)
  })

  const show = call({
    does: 'What is wanted of a router, and how far that is.',
    answers: { 200: provisioningAnswer },
  })
  app.get('/api/routers/:id/provisioning', viewer, show, (c) => {
    const routerId = idInPath(c, 'router')
    if (!routerById(db, routerId)) throw unknownRouter()
    const { wanted, provisionedAtMs } = wishesOf(db, routerId)
    const last = provisioningOf(db, routerId)
    return c.json({
      wanted: wantedView(wanted),
      provisioned_at: iso(provisionedAtMs),
      last: last === undefined ? null : lastView(last),
    })
  })

  return app
}

const wantedView = ({ useHotspots, ...built }: WantedServices) => ({
  ...(useHotspots && { use_hotspots: useHotspots }),
  ...built,
})

const lastView = (row: ProvisioningRow) => ({
  why: row.why,
  dry_run: row.dryRun === 1,
  state: row.state,
  stage: row.stage,
  percent: row.percent,
  message: row.message,
  changes: row.steps,
  started_at: iso(row.startedAtMs),
  ended_at: iso(row.endedAtMs),
})

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString())

const unknownRouter = () => problem(404, 'router-unknown', 'There is no such router.')
