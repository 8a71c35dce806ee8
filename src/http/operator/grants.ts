import { randomUUIDv7 } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { revokeGrant } from '../../access/end-grant.ts'
import { storyOfGrant } from '../../access/grant-story.ts'
import { type GrantRow, grantById, recentGrants } from '../../access/grant-table.ts'
import { openGrant } from '../../access/open-grant.ts'
import { recentOutages } from '../../access/outages.ts'
import { continueGrant, pauseGrant } from '../../access/pause.ts'
import { leftOf } from '../../access/time-left.ts'
import { packageById } from '../../billing/package-table.ts'
import { orderTerms } from '../../billing/package-terms.ts'
import { call } from '../call.ts'
import { flagInQuery, lineField, macAddressField, phoneNumberField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import { credential } from './credential.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAnswer, pageOf, pageQuery, timeCursor } from './page.ts'

const grantAnswer = z.object({
  id: z.string(),
  source: z.enum(['payment', 'voucher', 'operator']),
  source_id: z.string(),
  username: z.string(),
  package_id: z.int(),
  package_name: z.string(),
  mac_address: z.string().nullable(),
  starts_at: isoTimeField,
  expires_at: isoTimeField,
  use_before: isoTimeField.nullable(),
  seconds_left: z.int(),
  bytes_left: z.int().nullable(),
  used_bytes: z.int(),
  online_at: isoTimeField.nullable(),
  paused_at: isoTimeField.nullable(),
  ended_at: isoTimeField.nullable(),
  end_reason: z.enum(['time-used', 'data-used', 'revoked']).nullable(),
})

const storyAnswer = z.object({
  items: z.array(
    z.object({
      at: isoTimeField,
      what: z.enum(['given', 'withdrawn', 'returned', 'outage-credit', 'ended']),
      seconds: z.int().nullable(),
      cause: z.string(),
    }),
  ),
})

const outageAnswer = z.object({
  id: z.int(),
  router_id: z.int(),
  reason: z.enum(['router', 'uplink']),
  began_at: isoTimeField,
  ended_at: isoTimeField,
  grants: z.int().meta({ description: 'How many got time back.' }),
  seconds: z.int().meta({ description: 'What all of them together got back.' }),
})

const grantsQuery = pageQuery.extend({ running: flagInQuery })

const grantBody = z.strictObject({
  package_id: z.int(),
  reason: lineField.min(1).max(200),
  username: credential.optional(),
  password: credential.optional(),
  phone_number: phoneNumberField.optional(),
  mac_address: macAddressField.optional(),
})

/** Who may be online, and what made each access as long as it is. */
export function grantsApi({ db, clock }: House, { viewer, cashier, admin, act }: Guards): Hono {
  const app = new Hono()

  const grantView = (grant: GrantRow): z.infer<typeof grantAnswer> => {
    const left = leftOf(db, grant, clock.nowMs())
    return {
      id: grant.id,
      source: grant.source,
      source_id: grant.sourceId,
      username: grant.username,
      package_id: grant.packageId,
      package_name: grant.packageName,
      mac_address: grant.macAddress,
      starts_at: isoTime(grant.startsAtMs),
      expires_at: isoTime(grant.expiresAtMs),
      use_before: isoTime(grant.useBeforeMs),
      seconds_left: left.seconds,
      bytes_left: left.bytes,
      used_bytes: grant.usedBytes,
      online_at: isoTime(grant.onlineAtMs),
      paused_at: isoTime(grant.pausedAtMs),
      ended_at: isoTime(grant.endedAtMs),
      end_reason: grant.endReason,
    }
  }

  const listGrants = call({
    does: 'Who may be or was online, newest first. `running=true`: only those that have not ended.',
    query: grantsQuery,
    answers: { 200: pageAnswer(grantAnswer) },
  })
  app.get('/api/grants', viewer, listGrants, (c) => {
    const { limit, cursor, running } = c.var.query
    const after = timeCursor(cursor)
    const before = after && { startsAtMs: after.atMs, id: after.id }
    const rows = recentGrants(db, { running, limit: limit + 1, ...(before && { before }) })
    return c.json(pageOf(rows, limit, grantView, (row) => `${row.startsAtMs}.${row.id}`))
  })

  const story = call({
    does: 'What made an access as long as it is: what was paid or given, withdrawn, given back after an outage.',
    answers: { 200: storyAnswer },
  })
  app.get('/api/grants/:id/history', viewer, story, (c) => {
    const grantId = c.req.param('id')
    if (!grantById(db, grantId)) throw problem(404, 'grant-unknown', 'There is no such grant.')
    const items = storyOfGrant(db, grantId).map(({ atMs, ...chapter }) => ({ at: isoTime(atMs), ...chapter }))
    return c.json({ items })
  })

  const listOutages = call({
    does: 'Outages, newest first, and what each gave back; of those that gave nothing the last thousand.',
    query: pageQuery,
    answers: { 200: pageAnswer(outageAnswer) },
  })
  app.get('/api/outages', viewer, listOutages, (c) => {
    const { limit, cursor } = c.var.query
    const rows = recentOutages(db, limit + 1, idCursor(cursor))
    const view = ({ routerId, beganAtMs, endedAtMs, ...row }: (typeof rows)[number]) => ({
      ...{ ...row, router_id: routerId, began_at: isoTime(beganAtMs), ended_at: isoTime(endedAtMs) },
    })
    return c.json(pageOf(rows, limit, view, (row) => String(row.id)))
  })

  const give = call({
    does: 'Gives access by hand. The password is shown in this answer only.',
    body: grantBody,
    answers: { 201: grantAnswer.extend({ password: z.string() }) },
  })
  app.post('/api/grants', admin, give, async (c) => {
    const asked = c.var.body
    const given = packageById(db, asked.package_id)
    if (!given) {
      const errors = [{ field: 'package_id', message: 'there is no such package' }]
      throw problem(422, 'unknown-package', 'package_id: there is no such package', errors)
    }
    const grantId = randomUUIDv7()
    const order = {
      source: 'operator' as const,
      sourceId: grantId,
      grantId,
      packageId: given.id,
      packageName: given.name,
      durationSeconds: given.durationSeconds,
      validSeconds: given.validSeconds,
      dataLimitBytes: given.dataLimitBytes,
      downKbps: given.downKbps,
      upKbps: given.upKbps,
      deviceLimit: given.deviceLimit,
      ...orderTerms(db, given.id),
      phoneNumber: asked.phone_number ?? null,
      macAddress: asked.mac_address ?? null,
      routerId: null,
      ...(asked.username !== undefined && { username: asked.username }),
      ...(asked.password !== undefined && { password: asked.password }),
    }
    const subject = `grant ${grantId}: ${asked.reason}`
    const outcome = await act(c, openGrant, order, { action: 'grant.create', subject, unless: ['username-taken'] })
    if (outcome.outcome === 'username-taken') {
      const errors = [{ field: 'username', message: 'is taken' }]
      throw problem(409, 'username-taken', 'username: is taken', errors)
    }
    const grant = grantById(db, grantId) as GrantRow
    // The one time that the password is shown to somebody who is not the customer.
    return c.json({ ...grantView(grant), password: grant.password }, 201)
  })

  /** Stops the clock of an access, and lets it go on with what was left. */
  for (const [verb, does, command] of [
    ['pause', 'Stops the clock of an access: nobody is let in, nothing is used up.', pauseGrant],
    ['resume', 'Lets a paused access go on with exactly what was left.', continueGrant],
  ] as const) {
    const described = call({ does, answers: { 200: grantAnswer } })
    app.post(`/api/grants/:id/${verb}`, cashier, described, async (c) => {
      const grantId = c.req.param('id')
      const unless = ['unknown', 'ended', 'not-pausable'] as const
      const note = { action: `grant.${verb}`, subject: `grant ${grantId}`, unless }
      const outcome = await act(c, command, { grantId, byOperator: true }, note)
      if (outcome === 'unknown') throw problem(404, 'grant-unknown', 'There is no such grant.')
      if (outcome === 'ended') throw problem(409, 'grant-ended', 'This access has ended.')
      if (outcome === 'not-pausable') {
        throw problem(409, 'grant-not-pausable', 'This access belongs to a subscription: suspend that.')
      }
      return c.json(grantView(grantById(db, grantId) as GrantRow))
    })
  }

  const revoke = call({
    does: 'Ends the right to be online; the router is told at once. A second time changes nothing.',
    answers: { 204: null },
  })
  app.delete('/api/grants/:id', admin, revoke, async (c) => {
    const grantId = c.req.param('id')
    const note = { action: 'grant.revoke', subject: `grant ${grantId}`, unless: ['unknown'] } as const
    const outcome = await act(c, revokeGrant, { grantId }, note)
    if (outcome === 'unknown') throw problem(404, 'grant-unknown', 'There is no such grant.')
    return c.body(null, 204)
  })

  return app
}
