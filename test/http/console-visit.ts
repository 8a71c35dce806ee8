import assert from 'node:assert/strict'
import { type Desk, PASSWORD, PORTAL } from './desk.ts'

/** An operator at the console: signed in by the form, with the cookie and the token of its forms. */
export async function visitConsole(desk: Desk, role: 'admin' | 'cashier' | 'viewer' = 'admin') {
  await desk.addOperator('amina', role)
  const send = (path: string, fields: Record<string, string>, cookie = '') =>
    desk.request(null, 'POST', path, new URLSearchParams(fields).toString(), {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: PORTAL, Cookie: cookie },
    })
  const answer = await send('/console/sign-in', { username: 'amina', password: PASSWORD })
  assert.equal(answer.status, 303)
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const page = async (path: string) =>
    (await desk.request(null, 'GET', path, undefined, { headers: { Cookie: cookie } })).text()
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page('/console'))?.[1] ?? ''
  return { page, post: (path: string, fields: Record<string, string> = {}) => send(path, { csrf, ...fields }, cookie) }
}
