import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { checkRouters } from '../../../jobs/router-monitoring/check-routers.ts'
import { probeRouterJob } from '../../../jobs/router-monitoring/probe-router.ts'
import { adoptRouter, changeRouter, renewAdoption } from '../../../src/routers/registry.ts'
import { routerById } from '../../../src/routers/router-table.ts'
import { beginProbe, probeOf } from '../../../src/routers/watch/probes.ts'
import { ROUTER_CERTIFICATE, ROUTER_KEY, STRANGER_CERTIFICATE } from '../../routers/certificates.ts'
import { openJobHouse } from '../job-house.ts'

/** A router whose API speaks TLS and shows a certificate. */
async function setup(t: TestContext) {
  const house = openJobHouse(t)
  const { routerId, simulator } = await house.openRouter()
  const door = createServer({ key: ROUTER_KEY, cert: ROUTER_CERTIFICATE }, (socket) => {
    const inner = connect(simulator.apiPort, simulator.host)
    for (const end of [socket, inner]) {
      end.on('error', () => {})
      end.on('close', () => {
        socket.destroy()
        inner.destroy()
      })
    }
    socket.pipe(inner).pipe(socket)
  })
  door.listen(0, simulator.host)
  await once(door, 'listening')
  t.after(() => door.close())
  house.run(changeRouter, { routerId, change: { apiTls: 1, apiPort: (door.address() as AddressInfo).port } })
  async function look() {
    const startedAtMs = probeOf(house.db, routerId)?.startedAtMs ?? 0
    const outcome = await house.runJob(probeRouterJob, { routerId, startedAtMs })
    if ('effects' in outcome)
      for (const { command, input } of outcome.effects) house.run({ name: command } as never, input)
    return probeOf(house.db, routerId)
  }
  return {
    house,
    routerId,
    look,
    certificate: () => routerById(house.db, routerId)?.certificatePem,
    /** It runs its script, which begins the look. */
    callHome() {
      const renewed = house.run(renewAdoption, { routerId })
      assert.ok(renewed.outcome === 'renewed')
      const report = { version: null, model: null, serial: null, failedSteps: [] }
      house.run(adoptRouter, { token: renewed.adoptToken, sourceAddress: simulator.host, ...report })
    },
  }
}

test('the certificate that a router shows at the first look after its adoption is pinned, and none before', async (t) => {
  const { look, certificate, callHome } = await setup(t)
  assert.equal((await look())?.state, 'found')
  assert.equal(certificate(), null)
  callHome()
  assert.equal((await look())?.state, 'found')
  assert.equal(certificate()?.replaceAll(/\s/g, ''), ROUTER_CERTIFICATE.replaceAll(/\s/g, ''))
})

test('a router that shows another certificate is not let in to, and somebody is told what to do about it', async (t) => {
  const { house, routerId, look, callHome, certificate } = await setup(t)
  callHome()
  house.run(changeRouter, { routerId, change: { certificatePem: STRANGER_CERTIFICATE } })
  const probe = await look()
  assert.equal(probe?.state, 'looking')
  assert.equal(probe?.advice[0]?.code, 'certificate')
  assert.match(probe?.advice[0]?.text ?? '', /another certificate .*"certificate": null/)
  assert.equal(certificate(), STRANGER_CERTIFICATE)
  await house.runJob(checkRouters, {})
  await house.runJob(checkRouters, {})
  const [reach] = house.rows('SELECT online, down_since_ms FROM router_reach')
  assert.deepEqual(reach, { online: 0, down_since_ms: null }, 'what is behind it goes on')

  house.run(changeRouter, { routerId, change: { certificatePem: null } })
  house.clock.step(1)
  house.run(beginProbe, { routerId })
  assert.equal((await look())?.state, 'found')
  assert.notEqual(certificate(), STRANGER_CERTIFICATE)
})
