import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { accessRequest, accounting, openPlug, openRadiusHouse, PHONE, SECRET, USER } from './radius-house.ts'

test('a burst of 4,000 requests at once loses none', async (t) => {
  const { server, logLines } = await openRadiusHouse(t)
  if (logLines.join().includes('rmem_max')) {
    t.skip('net.core.rmem_max is too small here')
    return
  }
  const plugs = await Promise.all(Array.from({ length: 16 }, () => openPlug(t, server.authPort)))
  for (const plug of plugs) {
    for (let id = 0; id < 250; id += 1) plug.send(accessRequest({ id }))
  }
  await Promise.all(plugs.map((plug) => plug.whenReplies(250)))
  assert.equal(server.counters.accepted, 4_000)
})

test('a stranger is not answered, and his 64 kB datagrams keep nobody out', async (t) => {
  const { server } = await openRadiusHouse(t)
  const stranger = await openPlug(t, server.authPort, '127.0.0.2')
  const router = await startRouterSimulator({ version: '7.20.8' })
  t.after(() => router.stop())
  router.setRadius({ authPort: server.authPort, acctPort: server.acctPort, secret: SECRET })
  router.join(PHONE)
  const junk = Buffer.concat([accessRequest(), randomBytes(65_000)])
  let isFlooding = true
  const flood = () => {
    if (!isFlooding) return
    for (let i = 0; i < 50; i += 1) stranger.send(junk)
    setImmediate(flood)
  }
  flood()
  for (let i = 0; i < 20; i += 1) assert.deepEqual(await router.logInByForm(PHONE, USER), { ok: true })
  isFlooding = false
  assert.equal(stranger.replies.length, 0)
  assert.ok(server.counters.unknownClient > 0)
})

test("junk from the router's own address does not use up the router's share", async (t) => {
  const { server } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  for (let round = 0; round < 120; round += 1) {
    const junk = Array.from({ length: 100 }, () => accessRequest({ secret: 'another' }))
    assert.equal(await plug.isSilent(...junk), true)
  }
  assert.equal(server.counters.wrongSecret, 12_000)
  assert.equal((await plug.ask(accessRequest())).code, 2)
})

test('a router that asks without end is slowed, and heard again a second later', async (t) => {
  const { server, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const packets = Array.from({ length: 128 }, (_, id) => accounting(3, [], SECRET, id))
  for (let sent = 0; server.counters.rateLimited === 0 && sent < 20_000; sent += 128) {
    for (const packet of packets) plug.send(packet)
    // The last ones of a round may be over the limit, and are then not answered.
    await Promise.race([plug.whenReplies(sent + 128), limited(server)])
  }
  assert.ok(server.counters.rateLimited > 0)
  clock.step(1_000)
  const before = plug.replies.length
  plug.send(accounting(1))
  await plug.whenReplies(before + 1)
})

async function limited({ counters }: { counters: { rateLimited: number } }): Promise<void> {
  while (counters.rateLimited === 0) await new Promise((resolve) => setImmediate(resolve))
}

test('dropped packets are told once a minute, however many', async (t) => {
  const { server, logLines, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const wrong = () => accessRequest({ secret: 'another' })
  const told = () => logLines.filter((line) => line.includes('wrongSecret'))
  assert.equal(await plug.isSilent(wrong(), wrong(), wrong()), true)
  assert.equal(told().length, 1)
  clock.step(60_000)
  assert.equal(await plug.isSilent(wrong()), true)
  assert.equal(told().length, 2)
  assert.equal(JSON.parse(told()[1] ?? '').dropped, 3)
})
