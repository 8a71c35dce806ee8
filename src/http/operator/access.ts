import { randomUUIDv7 } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { type GrantRow, grantById, recentGrants, remainingOf } from '../../access/grant-table.ts'
import { openGrant, revokeGrant } from '../../access/grants.ts'
import { recentSessions, type SessionRow, sessionById } from '../../access/session-table.ts'
import { packageById } from '../../billing/package-table.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { macAddressField, phoneNumberField } from '../fields.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import { credential } from './credential.ts'
import type { Guards } from './guard.ts'
import { idCursor, idInPath, pageAsked, pageOf, timeCursor } from './page.ts'

const grantBody = z.strictObject({
  package_id: z.int(),
  reason: z.string().trim().min(1).max(200),
  username: credential.optional(),
  password: credential.optional(),
  phone_number: phoneNumberField.optional(),
  mac_address: macAddressField.optional(),
})

/** Who may be online, and who is. */
export function accessApi({ store, db, clock }: House, { viewer, cashier, admin, audited }: Guards): Hono {
  const app = new Hono()

  const grantView = (grant: GrantRow) => {
    const left = remainingOf(grant, clock.nowMs())
    return {
      id: grant.id,
      source: grant.source,
      source_id: grant.sourceId,
      username: grant.username,
      package_id: grant.packageId,
      package_name: grant.packageName,
      mac_address: grant.macAddress,
      starts_at: iso(grant.startsAtMs),
      expires_at: iso(grant.expiresAtMs),
      seconds_left: left.seconds,
      bytes_left: left.bytes,
      used_bytes: grant.usedBytes,
      online_at: iso(grant.onlineAtMs),
      ended_at: iso(grant.endedAtMs),
      end_reason: grant.endReason,
    }
  }

  app.get('/api/grants', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const after = timeCursor(cursor)
    const rows = recentGrants(db, limit + 1, after && { startsAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, grantView, (row) => `${row.startsAtMs}.${row.id}`))
  })

  app.post('/api/grants', admin, async (c) => {
    const body = grantBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const asked = body.data
    const given = packageById(db, asked.package_id)
    if (!given) {
      const errors = [{ field: 'package_id', message: 'there is no such package' }]
      throw problem(422, 'unknown-package', 'package_id: there is no such package', errors)
    }
    const grantId = randomUUIDv7()
    const outcome = await store.run(openGrant, {
      source: 'operator',
      sourceId: grantId,
      grantId,
      packageId: given.id,
      packageName: given.name,
      durationSeconds: given.durationSeconds,
      dataLimitBytes: given.dataLimitBytes,
      downKbps: given.downKbps,
      upKbps: given.upKbps,
      deviceLimit: given.deviceLimit,
      phoneNumber: asked.phone_number ?? null,
      macAddress: asked.mac_address ?? null,
      routerId: null,
      ...(asked.username !== undefined && { username: asked.username }),
      ...(asked.password !== undefined && { password: asked.password }),
    })
    if (outcome.outcome === 'username-taken') {
      const errors = [{ field: 'username', message: 'is taken' }]
      throw problem(409, 'username-taken', 'username: is taken', errors)
    }
    await audited(c, 'grant.create', `grant ${grantId}: ${asked.reason}`)
    const grant = grantById(db, grantId) as GrantRow
    // The one time that the password is shown to somebody who is not the customer.
    return c.json({ ...grantView(grant), password: grant.password }, 201)
  })

  app.delete('/api/grants/:id', admin, async (c) => {
    const grantId = c.req.param('id')
    const outcome = await store.run(revokeGrant, { grantId })
    if (outcome === 'unknown') throw problem(404, 'grant-unknown', 'There is no such grant.')
    await audited(c, 'grant.revoke', `grant ${grantId}`)
    return c.body(null, 204)
  })

  app.get('/api/sessions', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const beforeId = idCursor(cursor)
    const open = c.req.query('open') === 'true'
    const rows = recentSessions(db, { open, limit: limit + 1, ...(beforeId !== undefined && { beforeId }) })
    return c.json(pageOf(rows, limit, sessionView, (row) => String(row.id)))
  })

  /** Kicks the device off; the right to be online stays, so it may log in again. */
  app.delete('/api/sessions/:id', cashier, async (c) => {
    const session = sessionById(db, idInPath(c, 'session'))
    if (!session) throw problem(404, 'session-unknown', 'There is no such session.')
    if (session.stoppedAtMs !== null || session.grantId === null) {
      throw problem(409, 'session-over', 'This session is over, or is not one of ours.')
    }
    const order = { name: 'disconnect-expired-sessions', payload: { grantId: session.grantId } }
    const jobId = await store.run(enqueueJob, order)
    await audited(c, 'session.kick', `session ${session.id}`)
    return c.json({ job_id: jobId }, 202)
  })

  return app
}

const sessionView = (session: SessionRow) => ({
  id: session.id,
  grant_id: session.grantId,
  router_id: session.routerId,
  username: session.username,
  mac_address: session.macAddress,
  ip_address: session.framedIpAddress,
  input_bytes: session.inputBytes,
  output_bytes: session.outputBytes,
  seconds: session.sessionSeconds,
  started_at: iso(session.startedAtMs),
  updated_at: iso(session.updatedAtMs),
  stopped_at: iso(session.stoppedAtMs),
  stop_reason: session.stopReason,
})

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString())
