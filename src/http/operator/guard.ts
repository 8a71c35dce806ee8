import { timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import { operatorOfSession, type Role, tokenHolder } from '../../staff/operator-table.ts'
import { hashToken } from '../../staff/staff.ts'
import type { AuditOf, NamedCommand } from '../../store/client.ts'
import type { ServerBindings } from '../client-address.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'

/** Who asks. `name` goes into the audit. */
export interface Actor {
  name: string
  role: Role
  /** A browser sends its cookie by itself, so what changes state must prove that our own page asked. */
  by: 'socket' | 'token' | 'cookie'
}

export interface OperatorVariables {
  actor: Actor
}

export const SESSION_COOKIE = 'mlango_session'

const RANK: Record<Role, number> = { viewer: 1, cashier: 2, admin: 3 }

/** The one who asks, or undefined for a stranger. */
export function identify(house: House): (context: Context) => Actor | undefined {
  const { db, clock, config } = house
  const bootstrapHash = config.admin.token === undefined ? undefined : hashToken(config.admin.token)
  return (context) => {
    if ((context.env as ServerBindings).local === true) return { name: 'local', role: 'admin', by: 'socket' }
    const bearer = /^Bearer (\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (bearer !== undefined) {
      const hash = hashToken(bearer)
      if (bootstrapHash && timingSafeEqual(hash, bootstrapHash))
        return { name: 'bootstrap', role: 'admin', by: 'token' }
      const holder = tokenHolder(db, hash)
      return holder && { name: `token ${holder.name}`, role: holder.role, by: 'token' }
    }
    const cookie = getCookie(context, SESSION_COOKIE)
    const operator = cookie === undefined ? undefined : operatorOfSession(db, hashToken(cookie), clock.nowMs())
    return operator && { name: operator.username, role: operator.role, by: 'cookie' }
  }
}

const roles = new WeakMap<object, Role>()

/** The role that this handler demands, if it is a guard. */
export const roleOf = (handler: object): Role | undefined => roles.get(handler)

/** Lets those in whose role is at least `role`. */
export function atLeast(identity: (context: Context) => Actor | undefined, role: Role): Guard {
  const guard: Guard = createMiddleware(async (context, next) => {
    const actor = identity(context)
    if (!actor) throw problem(401, 'unauthenticated', 'Sign in, or send an API token as Authorization: Bearer.')
    if (actor.by === 'cookie' && changesState(context)) requireSameOrigin(context)
    if (RANK[actor.role] < RANK[role]) throw problem(403, 'forbidden', `This needs the role ${role}.`)
    context.set('actor', actor)
    await next()
  })
  roles.set(guard, role)
  return guard
}

const changesState = (context: Context) => !['GET', 'HEAD', 'OPTIONS'].includes(context.req.method)

/** Stands before a call that needs no role and yet acts for a browser. */
export const sameOrigin = createMiddleware(async (context, next) => {
  requireSameOrigin(context)
  await next()
})

/** Browsers say where a request comes from: by Sec-Fetch-Site, older ones by Origin. A program that says neither carries no one's cookie by accident. */
export function requireSameOrigin(context: Context): void {
  const site = context.req.header('sec-fetch-site')
  const origin = context.req.header('origin')
  const same =
    site !== undefined
      ? site === 'same-origin'
      : origin === undefined || (URL.canParse(origin) && new URL(origin).host === context.req.header('host'))
  if (!same) throw problem(403, 'cross-origin', 'This request came from another page.')
}

interface Asker {
  readonly var: OperatorVariables
}

type Guard = MiddlewareHandler<{ Variables: OperatorVariables }>

/** What every operator call stands behind. */
export interface Guards {
  viewer: Guard
  cashier: Guard
  admin: Guard
  /** Whether the one who was let in still would be: a sign-out or an expiry also ends what goes on for long. */
  staysIn(context: Context): boolean
  /** Does what the operator asks, and writes down who did it in the same commit. `subject` never holds a secret. */
  act<Input, Output>(
    by: Asker,
    command: NamedCommand<Input, Output>,
    input: Input,
    note: NoInfer<Omit<AuditOf<Output>, 'actor'>>,
  ): Promise<Output>
  /** Writes down who asks for what no single command does, before it is done. */
  noted(by: Asker, action: string, subject: string): Promise<void>
}
