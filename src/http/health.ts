import { Hono } from 'hono'
import { queueNotices } from '../flow/queue-notices.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

/** For load balancers, the service manager and people with curl. */
export function healthApi({ db, clock, notReady, alarms }: House): Hono {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'live' }))
  app.get('/readyz', (c) => {
    const reason = notReady()
    if (reason !== undefined) throw problem(503, 'not-ready', reason)
    const ofStore = alarms().map(({ code, message }) => ({ code, message }))
    return c.json({ status: 'ready', notices: [...ofStore, ...queueNotices(db, clock.nowMs())] })
  })
  return app
}
