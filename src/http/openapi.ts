import type { RouterRoute } from 'hono/types'
import * as z from 'zod'
import { type CallDescription, descriptionOf } from './call.ts'
import { roleOf } from './operator/guard.ts'

const problem = z.object({
  type: z.string(),
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  code: z.string().meta({ description: 'Stable, kebab-case.' }),
  request_id: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
})

/**
 * OpenAPI 3.1 of what is registered, made from what validates. A call without a description would stand here with its
 * address and role only; a test finds it. Loaded only when somebody asks for it.
 */
export function openApiOf(routes: readonly RouterRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const { path, method, handlers } of callsOf(routes)) {
    if (!path.startsWith('/api/')) continue
    const description = handlers.map(descriptionOf).find((found) => found !== undefined)
    const role = handlers.map(roleOf).find((found) => found !== undefined)
    const item = path.replace(/:(\w+)/g, '{$1}')
    paths[item] = { ...paths[item], [method.toLowerCase()]: operation(method, path, description, role) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Mlango', version, description: 'Sells Internet by the hour from a box at the site.' },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: 'mlango_session' },
      },
      schemas: { Problem: jsonSchema(problem, 'output') },
    },
  }
}

/** Every handler of one call stands under its own entry. */
function callsOf(routes: readonly RouterRoute[]) {
  const calls = new Map<string, { path: string; method: string; handlers: object[] }>()
  for (const { path, method, handler } of routes) {
    if (method === 'ALL') continue
    const known = calls.get(`${method} ${path}`) ?? { path, method, handlers: [] }
    known.handlers.push(handler)
    calls.set(`${method} ${path}`, known)
  }
  return calls.values()
}

function operation(
  method: string,
  path: string,
  description: CallDescription | undefined,
  role: string | undefined,
): object {
  const { does, body, query, headers, answers } = description ?? { does: `${method} ${path}`, answers: {} }
  const parameters = [
    ...Array.from(path.matchAll(/:(\w+)/g), ([, name]) => ({
      ...{ name, in: 'path', required: true, schema: { type: 'string' } },
    })),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
  ]
  return {
    operationId: `${method.toLowerCase()}${path.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: does,
    tags: [path.split('/')[2] ?? ''],
    ...(role === undefined
      ? { security: [] }
      : { security: [{ token: [] }, { session: [] }], description: `Needs the role ${role}.` }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      default: {
        description: 'What went wrong.',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

function parametersOf(place: 'query' | 'header', schema: z.ZodObject | undefined): object[] {
  if (!schema) return []
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: !field.safeParse(undefined).success,
    schema: jsonSchema(field as z.ZodType, 'input'),
  }))
}

function answerOf(answer: z.ZodType | null): object {
  if (answer === null) return { description: 'Done.' }
  const { contentType = 'application/json', ...rest } = jsonSchema(answer, 'output')
  return { description: 'Done.', content: { [String(contentType)]: { schema: rest } } }
}

/** A field that is parsed into something else is described as the caller writes it. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
