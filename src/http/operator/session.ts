import { randomBytes } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import { operatorByUsername, type Role } from '../../staff/operator-table.ts'
import { passwordMatches } from '../../staff/passwords.ts'
import { closeOperatorSession, hashToken, noteFailedSignIn, openOperatorSession } from '../../staff/staff.ts'
import { call } from '../call.ts'
import { clientAddress } from '../client-address.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import { limitTries } from '../tries.ts'
import { SESSION_COOKIE, sameOrigin } from './guard.ts'
import { watchNobodysNames } from './nobodys-names.ts'

const signInBody = z.strictObject({ username: z.string().min(1).max(100), password: z.string().min(1).max(200) })

const role = z.enum(['admin', 'cashier', 'viewer'])

export type SignIn =
  | { outcome: 'signed-in'; username: string; role: Role; expiresAtMs: number }
  | { outcome: 'wrong' | 'suspended' }
  | { outcome: 'too-many-tries'; waitSeconds: number }

/** Sign-in from one address, whatever the account: a lock on the account alone would let one guess many. */
const SIGN_INS = { most: 20, windowMs: 10 * 60_000 }

/** Checks a password, opens a session and gives the browser its cookie. */
export type SignInDoor = (context: Context, username: string, password: string) => Promise<SignIn>

/** One for the whole house: the tries by the console's form and by the API are counted together. */
export function openSignIn(house: House): SignInDoor {
  const { store, db, clock, config } = house
  const tries = limitTries({ ...SIGN_INS, clock })
  const nobodys = watchNobodysNames(clock)
  return async (context, username, password) => {
    const waitSeconds = tries.take(clientAddress(context, config.http.trusted_proxies))
    if (waitSeconds > 0) return { outcome: 'too-many-tries', waitSeconds }
    const operator = operatorByUsername(db, username)
    const matches = await passwordMatches(password, operator?.passwordHash)
    if (!operator) return { outcome: nobodys.noteFailedSignIn(username) === 'suspended' ? 'suspended' : 'wrong' }
    if (!matches) {
      const suspended = (await store.run(noteFailedSignIn, { operatorId: operator.id })) === 'suspended'
      return { outcome: suspended ? 'suspended' : 'wrong' }
    }
    const token = randomBytes(32).toString('base64url')
    const opened = await store.run(openOperatorSession, {
      operatorId: operator.id,
      passwordHash: operator.passwordHash,
      tokenHash: hashToken(token),
    })
    if (opened.outcome !== 'opened') return { outcome: opened.outcome === 'suspended' ? 'suspended' : 'wrong' }
    setCookie(context, SESSION_COOKIE, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      secure: config.http.tls_cert !== undefined,
      expires: new Date(opened.expiresAtMs),
    })
    return { outcome: 'signed-in', username: operator.username, role: operator.role, expiresAtMs: opened.expiresAtMs }
  }
}

export async function signOut({ store }: House, context: Context): Promise<void> {
  const token = getCookie(context, SESSION_COOKIE)
  if (token !== undefined) await store.run(closeOperatorSession, { tokenHash: hashToken(token) })
  deleteCookie(context, SESSION_COOKIE, { path: '/' })
}

export function sessionApi(house: House, signIn: SignInDoor): Hono {
  const app = new Hono()
  const open = call({
    does: 'Signs in; the session is in the cookie. Five wrong passwords lock the account for 30 minutes.',
    body: signInBody,
    answers: { 200: z.object({ username: z.string(), role, expires_at: isoTimeField }) },
  })
  // Otherwise another page could sign a browser in as somebody else.
  app.post('/api/session', sameOrigin, open, async (c) => {
    const answer = await signIn(c, c.var.body.username, c.var.body.password)
    switch (answer.outcome) {
      case 'signed-in':
        return c.json({
          username: answer.username,
          role: answer.role,
          expires_at: isoTime(answer.expiresAtMs),
        })
      case 'wrong':
        throw problem(401, 'wrong-credentials', 'The username or the password is not right.')
      case 'suspended':
        throw problem(401, 'account-suspended', 'This account is locked for 30 minutes after too many wrong passwords.')
      case 'too-many-tries':
        c.header('Retry-After', String(answer.waitSeconds))
        throw problem(429, 'too-many-tries', `Too many tries from here. Wait ${answer.waitSeconds} seconds.`)
    }
  })
  const close = call({ does: 'Signs out.', answers: { 204: null } })
  app.delete('/api/session', sameOrigin, close, async (c) => {
    await signOut(house, c)
    return c.body(null, 204)
  })
  return app
}
