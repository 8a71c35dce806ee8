import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { checkRouters } from '../../jobs/router-monitoring/check-routers.ts'
import { fetchRouterLiveData } from '../../jobs/router-monitoring/fetch-router-live-data.ts'
import { provisioningOf } from '../../src/routers/provision/provisionings.ts'
import { removeRouter } from '../../src/routers/registry.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { reachOf } from '../../src/routers/watch/reach-table.ts'
import { openStay } from '../access/stay.ts'
import { HOUR_MS, openRooms } from '../billing/rooms.ts'
import { openSite, type Site } from '../flows/site.ts'
import { openJobHouse } from '../jobs/job-house.ts'
import { HOTSPOT, openRouter, provision } from '../jobs/router-provisioning/provisioning-house.ts'
import { runJob, runWaiting } from '../jobs/run-job.ts'

describe('it never happens that', () => {
  let site: Site
  before(async () => {
    site = await openSite({ accessMode: 'local' })
  })
  after(() => site.close())

  it('a router is given a password that the customer does not have', async () => {
    const phone = site.join()
    const purchase = await site.buy(phone)
    await site.router.whenOnline(phone.macAddress)
    const { access } = await site.whenView(purchase, (view) => view.access !== null)
    assert.ok(access)
    const writes = site.router.commands.filter(([path]) => /hotspot\/user\/(add|set)$/.test(path ?? ''))
    assert.ok(writes.some((words) => words.includes(`=password=${access.password}`)))
  })

  it('a router is kept under an address that nothing can connect to', async () => {
    for (const address of ['192.168.88.1/24', '192.168.88', 'http://192.168.88.1']) {
      const answer = await site.call('POST', '/api/routers', { name: `at ${address}`, address })
      assert.equal(answer.status, 422, address)
    }
  })

  it('two routers share a secret, or one has a secret that everybody knows', async () => {
    const secretsOf = async (name: string) => {
      const { body } = await site.call('POST', '/api/routers', { name })
      const script: string = body.connectivity_script
      const [, password = ''] = /password=\\?"?([\w-]{8,})/.exec(script) ?? []
      const [, secret = ''] = /secret=\\?"?([\w-]{8,})/.exec(script) ?? []
      assert.ok(password.length >= 12 && secret.length >= 12, script)
      return [password, secret]
    }
    const secrets = [...(await secretsOf('Router A')), ...(await secretsOf('Router B'))]
    assert.equal(new Set(secrets).size, 4)
  })

  it('a router is opened to the world by our script', async () => {
    const { body } = await site.call('POST', '/api/routers', { name: 'Router C' })
    const script: string = body.connectivity_script
    assert.doesNotMatch(script, /check-certificate=no|testing123|mode=ftp/)
    for (const service of ['ssh', 'ftp', 'telnet']) {
      assert.doesNotMatch(script, new RegExp(`service set[^\\n]*${service}[^\\n]*disabled=no`), service)
    }
    assert.doesNotMatch(script, /address=\\?""/)
  })

  it('a look at a router, or its silence, changes how far it is set up', async (t) => {
    const house = openJobHouse(t)
    const pending = await openRouter(house)
    const adopted = await openRouter(house)
    const failed = await openRouter(house)
    await provision(house, adopted.routerId, { wanted: HOTSPOT })
    failed.simulator.faults.refuse = { '/radius/add': 'no' }
    await provision(house, failed.routerId, { wanted: HOTSPOT })
    const routers = [pending, adopted, failed]
    const states = () =>
      routers.map(({ routerId }) => [routerById(house.db, routerId)?.status, provisioningOf(house.db, routerId)?.state])
    const known = [
      ['pending', undefined],
      ['adopted', 'completed'],
      ['failed', 'failed'],
    ]
    assert.deepEqual(states(), known)
    for (const isSilent of [false, true]) {
      for (const { simulator } of routers) simulator.faults.apiDown = isSilent
      await house.runJob(checkRouters, {})
      await house.runJob(fetchRouterLiveData, {})
      for (const { routerId } of routers) assert.equal(reachOf(house.db, routerId)?.online, isSilent ? 0 : 1)
      assert.deepEqual(states(), known)
    }
  })

  it('a router counts as set up because it took what it was told, and not because it is so', async (t) => {
    const house = openJobHouse(t)
    const { routerId } = await openRouter(house)
    // It says yes, and does nothing.
    house.services.gate = {
      ...house.gate,
      speak(router, signal) {
        const speech = house.gate.speak(router, signal)
        return { ...speech, tell: async (words, ms) => (words[0] === '/radius/add' ? [] : speech.tell(words, ms)) }
      },
    }
    await provision(house, routerId, { wanted: HOTSPOT })
    const last = provisioningOf(house.db, routerId)
    assert.deepEqual([last?.state, last?.stage], ['failed', 'verifying'])
    assert.match(last?.message ?? '', /still differs: add to \/radius/)
    assert.equal(routerById(house.db, routerId)?.status, 'failed')
    assert.equal(house.facts('router.provisioning_failed').length, 1)
  })

  it('a router that was removed stops the work for the others', async () => {
    const rooms = openRooms()
    try {
      const removed = openStay(rooms)
      const kept = openStay(rooms)
      for (const stay of [removed, kept]) stay.account({ status: 'start', acctSessionId: stay.grantId })
      rooms.run(removeRouter, { routerId: removed.routerId })
      rooms.clock.step(HOUR_MS)
      await runJob(rooms, 'check-expired-sessions')
      const outcomes = await runWaiting(rooms, 'disconnect-expired-sessions', {
        disconnect: async () => ({ outcome: 'disconnected' }),
      })
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['done', 'done'],
      )
      assert.equal(rooms.facts('session.expired').length, 1)
    } finally {
      rooms.close()
    }
  })
})
