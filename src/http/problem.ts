import { randomUUID } from 'node:crypto'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type * as z from 'zod'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'

/** What every request carries from its first guard on. */
export interface RequestVariables {
  requestId: string
}

export interface Problem {
  status: ContentfulStatusCode
  /** Stable, kebab-case. */
  code: string
  title: string
  detail: string
  errors?: { field: string; message: string }[]
}

/** Thrown by a handler to answer with a problem; changes nothing, is not logged. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export const problem = (
  status: ContentfulStatusCode,
  code: string,
  detail: string,
  errors?: Problem['errors'],
): ProblemError =>
  new ProblemError({ status, code, title: TITLES[status] ?? 'Error', detail, ...(errors && { errors }) })

const TITLES: Record<number, string> = {
  400: 'Bad request',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Wrong method',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  422: 'Not acceptable',
  429: 'Too many tries',
  500: 'Internal error',
  503: 'Not available now',
}

/** Names each wrong field and what it should be. */
export function invalidInput(error: z.ZodError): ProblemError {
  const errors = error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return { field: fieldOf(issue.path), message: issue.message }
    return issue.keys.map((key) => ({ field: fieldOf([...issue.path, key]), message: 'is not known here' }))
  })
  const first = errors[0]
  return problem(422, 'invalid-input', `${first?.field}: ${first?.message}`, errors)
}

const fieldOf = (path: readonly PropertyKey[]) => path.join('.') || '(body)'

/** RFC 9457. */
export const PROBLEM_TYPE = 'application/problem+json'

export const problemText = (told: Problem, requestId: string): string =>
  JSON.stringify({ type: 'about:blank', ...told, request_id: requestId })

/** Whatever a handler throws, the caller gets a sentence and the log gets the cause. `route` holds no token. */
export function problemOf(
  log: Log,
  thrown: unknown,
  { requestId, route }: { requestId: string; route: string },
): Problem {
  if (thrown instanceof ProblemError) return thrown.problem
  log.error({ err: asError(thrown), requestId, path: route }, 'a request failed')
  if (thrown instanceof MlangoError && thrown.code.startsWith('store-')) {
    return {
      status: 503,
      code: 'store-unavailable',
      title: 'Not available now',
      detail: 'The appliance cannot store anything now; try again in a moment.',
    }
  }
  return {
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'Something went wrong here; the operator finds it under this request id.',
  }
}

export const answerError =
  (log: Log) =>
  (thrown: unknown, context: Context<{ Variables: RequestVariables }>): Response => {
    const requestId = context.get('requestId')
    const told = problemOf(log, thrown, { requestId, route: routeOf(context) })
    return context.body(problemText(told, requestId), told.status, { 'Content-Type': PROBLEM_TYPE })
  }

/** Numbers the request, and logs what came of it. Paths may hold tokens, so only the route's pattern is logged. */
export const requestLog = (log: Log) =>
  createMiddleware<{ Variables: RequestVariables }>(async (context, next) => {
    context.set('requestId', randomUUID())
    const startedMs = performance.now()
    await next()
    context.res.headers.set('X-Request-Id', context.get('requestId'))
    log.debug(
      {
        requestId: context.get('requestId'),
        method: context.req.method,
        route: routeOf(context),
        status: context.res.status,
        ms: Math.round(performance.now() - startedMs),
      },
      'request',
    )
  })

const routeOf = (context: Context): string => context.req.routePath
