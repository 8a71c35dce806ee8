import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from './desk.ts'

const SECOND_CARD = '10.20.0.2'

/** Everything that names the portal to who comes by that address: login page, redirect of a probe, RFC 8908. */
async function named(desk: ReturnType<typeof openDesk>, at: string): Promise<Set<string | undefined>> {
  const { ask } = desk
  const page = (await ask(null, 'GET', '/hotspot/login.html?router=1', undefined, { at })).text
  const probe = await ask(null, 'GET', '/generate_204', undefined, { at })
  const capport = JSON.parse((await ask(null, 'GET', '/capport', undefined, { at })).text)
  const urls = [page.match(/http[^"$]*?\/\?router=1/)?.[0], probe.headers.get('location'), capport['user-portal-url']]
  return new Set(urls.map((url) => url && new URL(url).host))
}

test('a box with two cards names to each network the address at which that has come', async (t) => {
  const desk = openDesk(t)
  await desk.ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
  const { port } = new URL(desk.house.portalUrl)
  assert.deepEqual(await named(desk, SECOND_CARD), new Set([port ? `${SECOND_CARD}:${port}` : SECOND_CARD]))
  // A proxy on this box, which says nothing of the way to it.
  assert.deepEqual(await named(desk, '127.0.0.1'), new Set([new URL(desk.house.portalUrl).host]))
})

test('where a router knows its users itself nobody is told to be captive', async (t) => {
  const desk = openDesk(t)
  await desk.ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
  assert.equal((await desk.ask(null, 'GET', '/capport')).status, 200)
  await desk.ask('admin', 'POST', '/api/routers', { name: 'Tower 2', access_mode: 'local' })
  const answer = await desk.ask(null, 'GET', '/capport')
  assert.equal(answer.status, 404)
  assert.match(answer.text, /device-unknown/)
})

test('a portal that the operator has named is named to everybody', async (t) => {
  const desk = openDesk(t, { MLANGO_SITE_PORTAL_URL: 'http://portal.test' })
  await desk.ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
  assert.deepEqual(await named(desk, SECOND_CARD), new Set([new URL(desk.house.portalUrl).host]))
})

test('the script that a router is given names the address at which it was asked for', async (t) => {
  const { ask } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/routers', { name: 'Tower 1' }, { at: SECOND_CARD })
  const { host } = new URL(body.connectivity_line.match(/"(http.*?)"/)[1])
  assert.equal(host.split(':')[0], SECOND_CARD)
  assert.ok(body.connectivity_script.includes(`:local appliance \\"${SECOND_CARD}\\"`))
})
