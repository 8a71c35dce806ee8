import { Hono } from 'hono'
import * as z from 'zod'
import { recentSessions, type SessionRow, sessionById } from '../../access/session-table.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { call } from '../call.ts'
import { flagInQuery } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, idInPath, pageAnswer, pageOf, pageQuery } from './page.ts'

const sessionAnswer = z.object({
  id: z.int(),
  grant_id: z.string().nullable(),
  router_id: z.int(),
  username: z.string(),
  mac_address: z.string().nullable(),
  ip_address: z.string().nullable(),
  input_bytes: z.int(),
  output_bytes: z.int(),
  seconds: z.int(),
  started_at: isoTimeField,
  updated_at: isoTimeField,
  stopped_at: isoTimeField.nullable(),
  stop_reason: z.string().nullable(),
})

const sessionsQuery = pageQuery.extend({ open: flagInQuery })

/** Who is online, and was. */
export function sessionsApi({ db }: House, { viewer, cashier, act }: Guards): Hono {
  const app = new Hono()

  const listSessions = call({
    does: 'Logins on the routers, newest first. `open=true`: only those that go on.',
    query: sessionsQuery,
    answers: { 200: pageAnswer(sessionAnswer) },
  })
  app.get('/api/sessions', viewer, listSessions, (c) => {
    const { limit, cursor, open } = c.var.query
    const beforeId = idCursor(cursor)
    const rows = recentSessions(db, { open, limit: limit + 1, ...(beforeId !== undefined && { beforeId }) })
    return c.json(pageOf(rows, limit, sessionView, (row) => String(row.id)))
  })

  const kick = call({
    does: 'Kicks the device off; the right to be online stays, so it may log in again.',
    answers: { 202: z.object({ job_id: z.int() }) },
  })
  app.delete('/api/sessions/:id', cashier, kick, async (c) => {
    const session = sessionById(db, idInPath(c, 'session'))
    if (!session) throw problem(404, 'session-unknown', 'There is no such session.')
    if (session.stoppedAtMs !== null || session.grantId === null) {
      throw problem(409, 'session-over', 'This session is over, or is not one of ours.')
    }
    const order = { name: 'disconnect-expired-sessions', payload: { grantId: session.grantId, asked: true } }
    const jobId = await act(c, enqueueJob, order, { action: 'session.kick', subject: `session ${session.id}` })
    return c.json({ job_id: jobId }, 202)
  })

  return app
}

const sessionView = (session: SessionRow): z.infer<typeof sessionAnswer> => ({
  id: session.id,
  grant_id: session.grantId,
  router_id: session.routerId,
  username: session.username,
  mac_address: session.macAddress,
  ip_address: session.framedIpAddress,
  input_bytes: session.inputBytes,
  output_bytes: session.outputBytes,
  seconds: session.sessionSeconds,
  started_at: isoTime(session.startedAtMs),
  updated_at: isoTime(session.updatedAtMs),
  stopped_at: isoTime(session.stoppedAtMs),
  stop_reason: session.stopReason,
})
