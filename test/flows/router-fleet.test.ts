import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import type { RouterSimulator } from '../../src/simulators/router/simulated-router.ts'
import { logIn } from '../simulators/router/raw-api-client.ts'
import { openSite, type Site } from './site.ts'

const PASSWORD = 'another-api-password'
const PHONE = '02:00:00:00:00:42'

const ourRules = (router: RouterSimulator) =>
  router.rows('/ip/firewall/filter').filter(({ comment }) => comment?.startsWith('mlango:'))

/** From the factory box to a router that repairs itself, through the daemon's own doors. */
describe('a router of the fleet', () => {
  let site: Site
  let router: RouterSimulator
  let routerId: number
  let line: string
  before(async () => {
    site = await openSite()
    router = await startRouterSimulator({ host: '127.0.0.7', password: PASSWORD })
  })
  after(async () => {
    await router.stop()
    await site.close()
  })

  const told = async (type: string) =>
    (await site.events()).when((entry) => entry.type === type && entry.data.router_id === routerId)

  it('is registered at once, with one line to paste', async () => {
    const answer = await site.call('POST', '/api/routers', {
      name: 'Tower 2',
      address: '127.0.0.7',
      api_port: router.apiPort,
      api_username: 'mlango',
      api_password: PASSWORD,
    })
    assert.equal(answer.status, 201)
    routerId = answer.body.id
    line = answer.body.connectivity_line
    assert.equal(line.split('\n').length, 1)
    assert.match(line, /^\/tool fetch url="http:.*" dst-path=mlango-adopt\.rsc; .*\/import .*\/file remove/)
  })

  it('fetches its script by the token in the line, once', async () => {
    const path = /\/api\/routers\/adopt\/[\w-]+\/script/.exec(line)?.[0] ?? ''
    const script = await site.call('GET', path, undefined, null)
    assert.equal(script.status, 200)
    assert.match(script.body, /:local failedSteps/)
    assert.equal((await site.call('GET', path, undefined, null)).status, 410)
    const adopt = /\/api\/routers\/adopt\/[\w-]+(?=")/.exec(script.body)?.[0] ?? ''
    const report = await fetch(`${site.url}${adopt}`, {
      method: 'POST',
      body: 'version=7.20.8&model=hAP&serial=S1&failed=',
    })
    assert.equal(report.status, 200)
  })

  it('is found, and set up without anybody asking, for it ran our script', async () => {
    const status = await told('router.status_updated')
    assert.equal(status.data.online, true)
    const progress = await (await site.events()).when(
      ({ type, data }) =>
        type === 'router.provisioning_progress' && data.router_id === routerId && data.percent === 100,
    )
    assert.equal(progress.data.stage, 'completed')
    const { body } = await site.call('GET', `/api/routers/${routerId}`)
    assert.deepEqual([body.status, body.online, body.probe.state, body.advice], ['adopted', true, 'found', []])
    assert.equal(router.rows('/file')[0]?.name, 'hotspot/login.html')
    const { last } = (await site.call('GET', `/api/routers/${routerId}/provisioning`)).body
    assert.equal(last.state, 'completed')
  })

  it('shows what a change would do before it does it', async () => {
    const wanted = { hotspot: { ports: ['ether2'], network: '10.9.0.0/24' } }
    const planned = await site.call('POST', `/api/routers/${routerId}/provision`, { ...wanted, dry_run: true })
    assert.equal(planned.status, 202)
    const plan = await settled(({ dry_run, ended_at }) => dry_run && ended_at !== null)
    assert.ok(plan.changes.some((text: string) => text.startsWith('add to /ip/hotspot:')))
    assert.deepEqual(router.rows('/ip/pool'), [])
    assert.equal(
      (await site.call('POST', `/api/routers/${routerId}/provision`, { hotspot: { network: 'x' } })).status,
      422,
    )
  })

  async function settled(matches: (last: { dry_run: boolean; ended_at: string | null }) => boolean) {
    for (;;) {
      const { last } = (await site.call('GET', `/api/routers/${routerId}/provisioning`)).body
      if (last && matches(last)) return last
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('is found down when nothing comes back from it', async () => {
    router.join(PHONE)
    const offer = { name: 'Drift hour', type: 'hotspot', price_cents: 1000, duration_seconds: 3600 }
    const sold = (await site.call('POST', '/api/packages', offer)).body.id
    const { body: grant } = await site.call('POST', '/api/grants', { package_id: sold, reason: 'a test' })
    const { username, password } = grant
    assert.deepEqual(await router.logInByForm(PHONE, { username, password }), { ok: true })
    const events = await site.events()
    const operator = await logIn(router.apiPort, 'mlango', PASSWORD, router.host)
    for (const { '.id': id = '' } of ourRules(router)) await operator.ask('/ip/firewall/filter/remove', `=.id=${id}`)
    operator.close()
    router.faults.apiSilent = true
    await events.when(
      ({ type, data }) => type === 'router.status_updated' && data.router_id === routerId && data.online === false,
    )
    assert.equal((await site.call('GET', `/api/routers/${routerId}`)).body.online, false)
  })

  it('comes back changed: what is ours is repaired, and nobody who is online notices', async () => {
    assert.equal(ourRules(router).length, 0)
    const events = await site.events()
    router.faults.apiSilent = false
    // The next minute would find it, too.
    assert.equal((await site.call('POST', `/api/routers/${routerId}/probe`)).status, 202)
    const repaired = await events.when(
      ({ type, data }) => type === 'router.drift_repaired' && data.router_id === routerId,
      90_000,
    )
    assert.match(JSON.stringify(repaired.data), /firewall/)
    assert.equal(ourRules(router).length, 1)
    assert.equal(router.isOnline(PHONE), true)
    assert.deepEqual(router.kicks, [])
  })

  it('takes a new name and secret, and goes when it is removed', async () => {
    const changed = await site.call('PATCH', `/api/routers/${routerId}`, { name: 'Tower 3', access_mode: 'local' })
    assert.deepEqual([changed.status, changed.body.name, changed.body.access_mode], [200, 'Tower 3', 'local'])
    assert.equal((await site.call('PATCH', `/api/routers/${routerId}`, { name: 'Router 1' })).status, 409)
    assert.equal((await site.call('PATCH', `/api/routers/${routerId}`, { certificate: 'x' })).status, 422)
    assert.equal((await site.call('GET', '/api/access-points')).status, 200)
    assert.equal((await site.call('GET', '/api/vpn')).status, 200)
    assert.equal((await site.call('GET', `/api/routers/${routerId}/history`)).status, 200)
    assert.equal((await site.call('DELETE', `/api/routers/${routerId}`)).status, 204)
    assert.equal((await site.call('GET', `/api/routers/${routerId}`)).status, 404)
  })
})
