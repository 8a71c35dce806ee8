import { randomBytes } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import { auditEntries } from '../../staff/audit-table.ts'
import { hashPassword } from '../../staff/passwords.ts'
import { addApiToken, addOperator, hashToken, resetPassword } from '../../staff/staff.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAsked, pageOf } from './page.ts'

const role = z.enum(['admin', 'cashier', 'viewer'])
const password = z.string().min(12).max(200)
const username = z.string().regex(/^[\w.@-]{2,64}$/, 'is 2 to 64 letters, digits, dots, dashes or @')
const operatorBody = z.strictObject({ username, password, role })
const passwordBody = z.strictObject({ password })
const tokenBody = z.strictObject({ name: z.string().trim().min(1).max(64), role })

/** Operators, their tokens, and what they did. */
export function staffApi({ store, db }: House, { admin, audited }: Guards): Hono {
  const app = new Hono()

  app.post('/api/users', admin, async (c) => {
    const body = operatorBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { username, role } = body.data
    const outcome = await store.run(addOperator, {
      username,
      role,
      passwordHash: await hashPassword(body.data.password),
    })
    if (outcome.outcome === 'name-taken') {
      throw problem(409, 'name-taken', 'username: is taken', [{ field: 'username', message: 'is taken' }])
    }
    await audited(c, 'user.add', `${username}, ${role}`)
    return c.json({ id: outcome.operatorId, username, role }, 201)
  })

  app.post('/api/users/:username/password', admin, async (c) => {
    const body = passwordBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const username = c.req.param('username')
    const outcome = await store.run(resetPassword, { username, passwordHash: await hashPassword(body.data.password) })
    if (outcome === 'unknown') throw problem(404, 'user-unknown', 'There is no such user.')
    await audited(c, 'user.reset-password', username)
    return c.body(null, 204)
  })

  /** The token is shown once; only its hash is kept. */
  app.post('/api/tokens', admin, async (c) => {
    const body = tokenBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const token = randomBytes(32).toString('base64url')
    await store.run(addApiToken, { ...body.data, tokenHash: hashToken(token) })
    await audited(c, 'token.create', `${body.data.name}, ${body.data.role}`)
    return c.json({ ...body.data, token }, 201)
  })

  app.get('/api/audit', admin, (c) => {
    const { limit, cursor } = pageAsked(c)
    const rows = auditEntries(db, limit + 1, idCursor(cursor))
    const view = (row: (typeof rows)[number]) => ({
      id: row.id,
      actor: row.actor,
      action: row.action,
      subject: row.subject,
      at: new Date(row.atMs).toISOString(),
    })
    return c.json(pageOf(rows, limit, view, (row) => String(row.id)))
  })

  return app
}
