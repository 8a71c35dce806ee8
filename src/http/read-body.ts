import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { asError } from '../errors.ts'
import { problem } from './problem.ts'

/** Nothing that anybody sends us is longer. */
export const limitBody = bodyLimit({
  maxSize: 64 * 1024,
  onError: () => {
    throw problem(413, 'body-too-large', 'The body is longer than 64 KiB.')
  },
})

export async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text()
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw problem(400, 'invalid-json', `The body is not JSON: ${asError(thrown).message}`)
  }
}
