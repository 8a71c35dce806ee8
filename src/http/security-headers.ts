import { createMiddleware } from 'hono/factory'

export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-store',
}

/** What an answer says otherwise stands: pages have their own Content-Security-Policy, and some may be kept. */
const UNLESS_SAID = new Set(['Content-Security-Policy', 'Cache-Control'])

/** For every answer. */
export const securityHeaders = createMiddleware(async (context, next) => {
  await next()
  const { headers } = context.res
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!UNLESS_SAID.has(name) || !headers.has(name)) headers.set(name, value)
  }
})
