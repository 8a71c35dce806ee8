import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { problem } from './problem.ts'

/** Nothing that anybody sends us is longer. */
export const MOST_BYTES = 64 * 1024

const tooLarge = () => {
  throw problem(413, 'body-too-large', 'The body is longer than 64 KiB.')
}

const limitStream = bodyLimit({ maxSize: MOST_BYTES, onError: tooLarge })

/**
 * A length that is said is kept by the HTTP parser. Only without one must the body be looked at, and that costs more than
 * all the rest of a small request: a stream, a signal and a second Request object.
 */
export const limitBody: MiddlewareHandler = async (context, next) => {
  const { method } = context.req
  if (method === 'GET' || method === 'HEAD') return next()
  const length = context.req.header('content-length')
  if (length === undefined || context.req.header('transfer-encoding') !== undefined) return limitStream(context, next)
  return Number(length) > MOST_BYTES ? tooLarge() : next()
}

export async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text()
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the body, and there may be a password in it.
    throw problem(400, 'invalid-json', 'The body is not JSON.')
  }
}
