import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginProvisioning } from '../../src/routers/provision/provisionings.ts'
import { openStay } from '../access/stay.ts'
import { openDesk } from './desk.ts'

test('a router is registered with nothing but a name; the rest is made, and stands in its script only', async (t) => {
  const { ask, rooms } = openDesk(t)
  const { status, body } = await ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
  assert.equal(status, 201)
  const { connectivity_script: script, connectivity_line: line, ...view } = body
  assert.match(line, /^\/tool fetch url="http:[^ ]*\/api\/routers\/adopt\/[\w-]+\/script" dst-path=/)
  assert.deepEqual(view, {
    id: 1,
    name: 'Tower 1',
    status: 'pending',
    online: null,
    offline_reason: null,
    last_seen_at: null,
    probe: { state: 'looking', reason: null, identity: null, device_mode: null, packages: [] },
    advice: [],
    address: null,
    api_port: 8728,
    api_tls: false,
    api_username: 'mlango',
    certificate_sha256: null,
    coa_port: 3799,
    access_mode: 'radius',
    input_octets: null,
    require_message_authenticator: null,
    signs_since: null,
    model: null,
    version: null,
    serial: null,
    adopt_token_expires_at: new Date(rooms.clock.nowMs() + 3_600_000).toISOString(),
    created_at: new Date(rooms.clock.nowMs()).toISOString(),
  })
  const [kept] = rooms.rows<Record<string, string>>('SELECT api_password, radius_secret FROM routers')
  for (const secret of Object.values(kept ?? {})) {
    assert.ok(secret.length >= 20)
    assert.ok(script.includes(secret))
  }
  assert.deepEqual((await ask('viewer', 'GET', '/api/routers/1')).body, view)
  assert.deepEqual((await ask('viewer', 'GET', '/api/routers')).body, { items: [view], next_cursor: null })
})

test('registration answers within 50 ms', async (t) => {
  const { ask } = openDesk(t)
  await ask('admin', 'POST', '/api/routers', { name: 'Tower 0' })
  // Processor time, because a busy machine stretches the other.
  const before = process.cpuUsage()
  for (let number = 1; number <= 10; number++) await ask('admin', 'POST', '/api/routers', { name: `Tower ${number}` })
  const { user, system } = process.cpuUsage(before)
  const eachMs = (user + system) / 1000 / 10
  assert.ok(eachMs < 50, `${eachMs} ms`)
})

test('which of several hotspots is meant can be said at registration, and stands in the script until it is said anew', async (t) => {
  const { ask, rooms } = openDesk(t)
  const { status, body } = await ask('admin', 'POST', '/api/routers', { name: 'Lobby', use_hotspots: ['lobby'] })
  assert.equal(status, 201)
  const means = (script: string, name: string) => script.includes(`($serverName = \\"${name}\\")`.replace('$', '\\$'))
  assert.ok(means(body.connectivity_script, 'lobby'))
  const wanted = async () => (await ask('viewer', 'GET', '/api/routers/1/provisioning')).body.wanted
  assert.deepEqual(await wanted(), { use_hotspots: ['lobby'] })
  // The router ran it: what was said at registration is what is set up.
  rooms.run(beginProvisioning, { routerId: 1, why: 'adopted' })
  assert.deepEqual(await wanted(), { use_hotspots: ['lobby'] })
  await ask('admin', 'POST', '/api/routers/1/provision', { use_hotspots: ['bar', 'lobby'] })
  assert.ok(means((await ask('admin', 'GET', '/api/routers/1/script')).body.connectivity_script, 'bar'))
  const refused = await ask('admin', 'POST', '/api/routers', { name: 'Bar', use_hotspots: [] })
  assert.equal(refused.status, 422)
})

test('who names hotspots of others afterwards gives up nothing of what we build, unless it is said', async (t) => {
  const { ask, rooms } = openDesk(t)
  await ask('admin', 'POST', '/api/routers', { name: 'Lobby' })
  const order = (body: object) => ask('admin', 'POST', '/api/routers/1/provision', body)
  const wanted = async () => (await ask('viewer', 'GET', '/api/routers/1/provisioning')).body.wanted
  const built = {
    hotspot: { ports: ['ether2'], network: '10.9.0.0/24' },
    pppoe: { interface: 'ether3', network: '10.8.0.0/24' },
  }
  await order(built)
  await order({ use_hotspots: ['lobby'], dry_run: true })
  const looks = rooms.jobs('provision-router').map(({ payload }) => JSON.parse(payload).wanted)
  assert.deepEqual(looks.at(-1), { ...built, useHotspots: ['lobby'] })
  await order({ use_hotspots: ['lobby'] })
  assert.deepEqual(await wanted(), { ...built, use_hotspots: ['lobby'] })
  await order({ use_hotspots: ['lobby'], only: true })
  assert.deepEqual(await wanted(), { use_hotspots: ['lobby'] })
  await order(built)
  await order({ pppoe: built.pppoe })
  assert.deepEqual(await wanted(), { pppoe: built.pppoe })
  await order({ only: true })
  assert.deepEqual(await wanted(), {})
})

test('with TLS the API is asked on its own port', async (t) => {
  const { ask } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/routers', { name: 'Tower 1', api_tls: true })
  assert.deepEqual([body.api_port, body.api_tls], [8729, true])
})

for (const [field, value] of [
  ['name', ''],
  ['address', 'tower-1.example'],
  ['address', '300.1.1.1'],
  ['api_port', 0],
  ['api_port', 70_000],
  ['api_username', 'with space'],
  ['api_password', 'péss'],
  ['radius_secret', 'short'],
  ['coa_port', -1],
  ['access_mode', 'open'],
  ['api_tls', 'yes'],
] as const) {
  test(`a router with ${field} = ${JSON.stringify(value)} is refused, new or changed`, async (t) => {
    const { ask, everything } = openDesk(t)
    await ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
    const before = everything()
    const added = await ask('admin', 'POST', '/api/routers', { name: 'Tower 2', [field]: value })
    const changed = await ask('admin', 'PATCH', '/api/routers/1', { [field]: value })
    for (const { status, body, text } of [added, changed]) {
      assert.deepEqual([status, body.errors.length, body.errors[0].field], [422, 1, field])
      if (value === 'péss' || value === 'short') assert.ok(!text.includes(value), 'the answer repeats a secret')
    }
    assert.deepEqual(everything(), before)
  })
}

for (const [field, value] of [
  ['name', 'Tower 1'],
  ['address', '192.168.88.1'],
] as const) {
  test(`two routers cannot have the same ${field}`, async (t) => {
    const { ask } = openDesk(t)
    await ask('admin', 'POST', '/api/routers', { name: 'Tower 1', address: '192.168.88.1' })
    const other = { name: 'Tower 2', address: '192.168.88.2' }
    const added = await ask('admin', 'POST', '/api/routers', { ...other, [field]: value })
    await ask('admin', 'POST', '/api/routers', other)
    const changed = await ask('admin', 'PATCH', '/api/routers/2', { [field]: value })
    for (const { status, body } of [added, changed]) {
      assert.deepEqual([status, body.code, body.errors[0].field], [409, `${field}-taken`, field])
    }
  })
}

test('a change leaves alone what it does not name, and shows no secret', async (t) => {
  const { ask, rooms } = openDesk(t)
  await ask('admin', 'POST', '/api/routers', { name: 'Tower 1' })
  const { status, body, text } = await ask('admin', 'PATCH', '/api/routers/1', {
    address: '192.168.88.7',
    radius_secret: 'a-new-radius-secret',
    input_octets: 'download',
  })
  assert.deepEqual([status, body.address, body.name, body.api_port], [200, '192.168.88.7', 'Tower 1', 8728])
  assert.equal(body.input_octets, 'download')
  assert.ok(!text.includes('a-new-radius-secret'))
  assert.equal(rooms.value('SELECT radius_secret FROM routers'), 'a-new-radius-secret')
  assert.equal(
    rooms.value('SELECT subject FROM audit ORDER BY id DESC'),
    'router 1: address, radius_secret, input_octets',
  )
  assert.deepEqual((await ask('admin', 'PATCH', '/api/routers/1', {})).body, body)
  for (const id of ['9', 'x', '1e3', '-1']) {
    assert.equal((await ask('admin', 'PATCH', `/api/routers/${id}`, {})).status, 404, id)
  }
})

test('a router that is forgotten takes its sessions along, and what was bought on it stays', async (t) => {
  const { ask, rooms } = openDesk(t)
  const stay = openStay(rooms)
  stay.account({ status: 'start' })
  assert.equal((await ask('admin', 'DELETE', `/api/routers/${stay.routerId}`)).status, 204)
  assert.equal((await ask('admin', 'DELETE', `/api/routers/${stay.routerId}`)).status, 404)
  assert.equal(rooms.rows('SELECT id FROM sessions').length, 0)
  assert.equal(stay.grant().endedAtMs, null)
})
