import type { Env, Hono } from 'hono'
import type { RouterRoute } from 'hono/types'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What may be asked of an address; nothing, when there is none. */
export function methodsAt<E extends Env>(app: Hono<E>, path: string): string[] {
  const taken = METHODS.filter((method) => {
    const [found] = app.router.match(method, path) as unknown as [[[unknown, RouterRoute], unknown][]]
    return found.some(([[, route]]) => route.method === method)
  })
  return taken.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
}
