import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { revokeGrant } from '../../src/access/end-grant.ts'
import { openSiteInOne } from './site-in-one.ts'

const BOX = '02:00:00:00:00:77'

/** A customer whose box has dialled in. */
async function setup(t: TestContext) {
  const site = await openSiteInOne(t)
  const { username, password } = site.stay.grant()
  const dial = () => site.router.dial({ macAddress: BOX, username, password })
  assert.equal((await dial()).outcome, 'up')
  assert.deepEqual(
    site.sessions().map((session) => session.username),
    [username],
  )
  return { ...site, username, password, dial }
}

test('when the grant of a box that dials in is over, its line ends by RADIUS, and it does not come back', async (t) => {
  const { rooms, router, stay, username, dial, workAll } = await setup(t)
  rooms.run(revokeGrant, { grantId: stay.grantId })
  await workAll('disconnect-expired-sessions')
  assert.deepEqual(router.lines(), [])
  assert.deepEqual(router.lineKicks, [{ username, by: 'disconnect-request' }])
  assert.equal((await dial()).outcome, 'refused')
})

test('a router that hears no RADIUS ends the line by its list of lines, and no other', async (t) => {
  const { rooms, router, stay, sessions, username, password, workAll } = await setup(t)
  router.faults.disconnectDeaf = true
  router.join(BOX)
  assert.equal((await router.logInByForm(BOX, { username: 'somebody', password })).ok, false)
  rooms.run(revokeGrant, { grantId: stay.grantId })
  await workAll('disconnect-expired-sessions')
  assert.deepEqual(router.lines(), [])
  assert.deepEqual(router.lineKicks, [{ username, by: 'api' }])
  assert.deepEqual(
    sessions().map((session) => session.end_outcome),
    ['kicked'],
  )
})

test('a box whose user name is its own address dials in with its password', async (t) => {
  const { router } = await openSiteInOne(t, { terms: { username: BOX, password: 'his own' } })
  const dial = (password: string) => router.dial({ macAddress: BOX, username: BOX, password })
  assert.equal((await dial('another')).outcome, 'refused')
  assert.equal((await dial('his own')).outcome, 'up')
})
