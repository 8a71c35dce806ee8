import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { removeRouter } from '../../src/routers/registry.ts'
import { openStay } from '../access/stay.ts'
import { HOUR_MS, openRooms } from '../billing/rooms.ts'
import { openSite, type Site } from '../flows/site.ts'
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
