import { Hono } from 'hono'
import type { House } from './house.ts'
import { problem } from './problem.ts'

/** For load balancers, the service manager and people with curl. */
export function healthApi({ notReady, alarms }: House): Hono {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'live' }))
  app.get('/readyz', (c) => {
    const reason = notReady()
    if (reason !== undefined) throw problem(503, 'not-ready', reason)
    return c.json({ status: 'ready', notices: alarms().map(({ code, message }) => ({ code, message })) })
  })
  return app
}
