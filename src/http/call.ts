import type { MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import * as z from 'zod'
import { invalidInput } from './problem.ts'
import { readJson } from './read-body.ts'
import { wrongField } from './wrong-field.ts'

/** An answer of Server-Sent Events. */
export const eventStream = z.string().meta({ contentType: 'text/event-stream' })

/** A call of the API. What validates it is what `/api/openapi.json` says of it, so the two cannot part. */
export interface CallDescription {
  /** One sentence. */
  does: string
  /** Of the JSON body; it may be left out when the schema takes `undefined`. */
  body?: z.ZodType
  /** Of what stands behind the question mark. */
  query?: z.ZodObject
  /** Of those headers that mean something here. */
  headers?: z.ZodObject
  /** What it answers when all is well, by status; null: without a body. */
  answers: Record<number, z.ZodType | null>
}

interface Parsed<Description extends CallDescription> {
  body: Description extends { body: infer Schema extends z.ZodType } ? z.output<Schema> : undefined
  query: Description extends { query: infer Schema extends z.ZodType } ? z.output<Schema> : undefined
  headers: Description extends { headers: infer Schema extends z.ZodType } ? z.output<Schema> : undefined
}

const descriptions = new WeakMap<object, CallDescription>()

/** Stands behind the guard and before the handler, which finds `body`, `query` and `headers` parsed in `c.var`. */
export function call<const Description extends CallDescription>(
  description: Description,
): MiddlewareHandler<{ Variables: Parsed<Description> }> {
  const handler = createMiddleware<{ Variables: Parsed<Description> }>(async (context, next) => {
    if (description.query) {
      context.set('query', parse(description.query, context.req.query()) as Parsed<Description>['query'])
    }
    if (description.headers) {
      const given = Object.keys(description.headers.shape).map((name) => [name, context.req.header(name)])
      const parsed = parse(description.headers, Object.fromEntries(given))
      context.set('headers', parsed as Parsed<Description>['headers'])
    }
    if (description.body) {
      const mayBeEmpty = description.body.safeParse(undefined).success
      const given = mayBeEmpty && (await context.req.text()) === '' ? undefined : await readJson(context)
      context.set('body', parse(description.body, given) as Parsed<Description>['body'])
    }
    await next()
  })
  descriptions.set(handler, description)
  return handler
}

export const descriptionOf = (handler: object): CallDescription | undefined => descriptions.get(handler)

/** Throws a problem that names every wrong field. */
function parse<Schema extends z.ZodType>(schema: Schema, given: unknown): z.output<Schema> {
  const parsed = schema.safeParse(given, { error: wrongField })
  if (!parsed.success) throw invalidInput(parsed.error)
  return parsed.data
}
