import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { auditEntries } from '../../staff/audit-table.ts'
import { hashPassword } from '../../staff/passwords.ts'
import { addApiToken, addOperator, hashToken, resetPassword } from '../../staff/staff.ts'
import { call } from '../call.ts'
import { lineField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAnswer, pageOf, pageQuery } from './page.ts'

const role = z.enum(['admin', 'cashier', 'viewer'])
const password = z.string().min(12).max(200)
const username = z.string().regex(/^[\w.@-]{2,64}$/, 'is 2 to 64 letters, digits, dots, dashes or @')
const operatorBody = z.strictObject({ username, password, role })
const passwordBody = z.strictObject({ password })
const auditAnswer = z.object({
  id: z.int(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  at: isoTimeField,
})
const tokenBody = z.strictObject({ name: lineField.min(1).max(64), role })

/** Operators, their tokens, and what they did. */
export function staffApi({ db }: House, { admin, act }: Guards): Hono {
  const app = new Hono()

  const addUser = call({
    does: 'Lets somebody into the console.',
    body: operatorBody,
    answers: { 201: z.object({ id: z.int(), username, role }) },
  })
  app.post('/api/users', admin, addUser, async (c) => {
    const { username, role } = c.var.body
    const operator = { username, role, passwordHash: await hashPassword(c.var.body.password) }
    const note = { action: 'user.add', subject: `${username}, ${role}`, unless: ['name-taken'] } as const
    const outcome = await act(c, addOperator, operator, note)
    if (outcome.outcome === 'name-taken') {
      throw problem(409, 'name-taken', 'username: is taken', [{ field: 'username', message: 'is taken' }])
    }
    return c.json({ id: outcome.operatorId, username, role }, 201)
  })

  const newPassword = call({
    does: 'Gives an operator a new password; it ends the lock-out and every open session.',
    body: passwordBody,
    answers: { 204: null },
  })
  app.post('/api/users/:username/password', admin, newPassword, async (c) => {
    const username = c.req.param('username')
    const change = { username, passwordHash: await hashPassword(c.var.body.password) }
    const note = { action: 'user.reset-password', subject: username, unless: ['unknown'] } as const
    if ((await act(c, resetPassword, change, note)) === 'unknown') {
      throw problem(404, 'user-unknown', 'There is no such user.')
    }
    return c.body(null, 204)
  })

  const addToken = call({
    does: 'Makes an API token. It is shown in this answer only; its hash is what is kept.',
    body: tokenBody,
    answers: { 201: tokenBody.extend({ token: z.string() }) },
  })
  app.post('/api/tokens', admin, addToken, async (c) => {
    const { name, role } = c.var.body
    const token = randomBytes(32).toString('base64url')
    const note = { action: 'token.create', subject: `${name}, ${role}` }
    await act(c, addApiToken, { name, role, tokenHash: hashToken(token) }, note)
    return c.json({ name, role, token }, 201)
  })

  const audit = call({
    does: 'Who did what, newest first.',
    query: pageQuery,
    answers: { 200: pageAnswer(auditAnswer) },
  })
  app.get('/api/audit', admin, audit, (c) => {
    const { limit, cursor } = c.var.query
    const rows = auditEntries(db, limit + 1, idCursor(cursor))
    const view = (row: (typeof rows)[number]) => ({
      id: row.id,
      actor: row.actor,
      action: row.action,
      subject: row.subject,
      at: isoTime(row.atMs),
    })
    return c.json(pageOf(rows, limit, view, (row) => String(row.id)))
  })

  return app
}
