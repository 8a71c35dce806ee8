import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sealAccounting } from '../../src/simulators/router/nas/authenticity.ts'
import { address, integer, text } from '../../src/simulators/router/nas/packet.ts'
import { accounting, openPlug, openRadiusHouse, PHONE, SECRET, USER } from './radius-house.ts'

test('a record holds what the router counted, with gigawords', async (t) => {
  const { server, records, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const more = [
    address(8, '10.5.50.9'),
    text(25, 'grant.token'),
    integer(46, 90),
    integer(42, 7),
    integer(52, 1),
    integer(43, 8),
    integer(53, 2),
    integer(49, 5),
  ]
  assert.equal((await plug.ask(accounting(2, more))).code, 5)
  assert.deepEqual(records, [
    {
      status: 'stop',
      acctSessionId: '80a00001',
      routerId: 7,
      username: USER.username,
      classToken: 'grant.token',
      macAddress: PHONE,
      framedIpAddress: '10.5.50.9',
      inputBytes: 2 ** 32 + 7,
      outputBytes: 2 ** 33 + 8,
      sessionSeconds: 90,
      terminateCause: 5,
      eventAtMs: clock.nowMs(),
    },
  ])
})

test('what is not stored yet is not answered, and its resend is not stored twice at once', async (t) => {
  const { server, hands } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const stored = Promise.withResolvers<void>()
  let asked = 0
  hands.account = () => {
    asked += 1
    return stored.promise
  }
  const packet = accounting(1)
  assert.equal(await plug.isSilent(packet, packet, packet), true)
  assert.equal(asked, 1)
  assert.equal(server.counters.inProgress, 2)
  stored.resolve()
  const answer = await plug.whenReplies(plug.replies.length + 1)
  assert.deepEqual([answer[0], answer[1]], [5, packet[1]])
})

test('what could not be stored is not answered, and its resend is tried again', async (t) => {
  const { server, hands, records, logLines } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const { account } = hands
  hands.account = () => Promise.reject(new Error('disk full'))
  const packet = accounting(1)
  assert.equal(await plug.isSilent(packet), true)
  assert.equal(server.counters.failed, 1)
  assert.match(logLines.join(), /disk full/)
  hands.account = account
  assert.equal((await plug.ask(packet)).code, 5)
  assert.equal(records.length, 1)
})

test('a router that starts or stops closes its sessions', async (t) => {
  const { server, restarts, records, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  for (const statusType of [7, 8]) {
    await plug.ask(sealAccounting(4, statusType, [integer(40, statusType), integer(41, statusType)], SECRET))
  }
  assert.deepEqual(
    restarts,
    [7, 8].map((delaySeconds) => ({ routerId: 7, restartedAtMs: clock.nowMs() - delaySeconds * 1000 })),
  )
  assert.equal(records.length, 0)
})

test('a packet that says nothing that can be stored is not answered; one about tunnels is', async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const withoutSession = sealAccounting(4, 1, [integer(40, 1), text(1, 'alice')], SECRET)
  const withoutStatus = sealAccounting(4, 2, [text(44, '80a00001')], SECRET)
  assert.equal(await plug.isSilent(withoutSession, withoutStatus, accounting(99)), true)
  assert.equal((await plug.ask(accounting(9))).code, 5)
  assert.equal(records.length, 0)
})

test('accounting of another secret, or changed on the way, is dropped', async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const changed = accounting(2, [integer(42, 1000)])
  changed.writeUInt32BE(1, changed.length - 4)
  assert.equal(await plug.isSilent(accounting(1, [], 'another'), changed), true)
  assert.equal(server.counters.wrongSecret, 2)
  assert.equal(records.length, 0)
})

test("the time of the event is the router's, unless its clock is not ours", async (t) => {
  const { server, records, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const nowSeconds = Math.floor(clock.nowMs() / 1000)
  const at = (more: Parameters<typeof accounting>[1]) => plug.ask(accounting(3, more))
  await at([integer(41, 30)])
  await at([integer(55, nowSeconds - 100), integer(41, 30)])
  await at([integer(55, 86_400), integer(41, 30)])
  await at([integer(55, nowSeconds + 86_400)])
  await at([integer(55, nowSeconds - 960)])
  await at([integer(55, nowSeconds - 3600), integer(41, 3590)])
  const agoSeconds = records.map(({ eventAtMs }) => (clock.nowMs() - eventAtMs) / 1000)
  assert.deepEqual(agoSeconds, [30, 100, 30, 0, 0, 3600])
})

test('names keep their case, and octets that are no text are not mixed up', async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  for (const username of ['ff', 'fe', 'c3a9']) {
    const names = [{ type: 1, value: Buffer.from(username, 'hex') }, text(44, '8Ab0000F')]
    await plug.ask(sealAccounting(4, 1, [integer(40, 1), ...names], SECRET))
  }
  assert.deepEqual(
    records.map(({ username }) => username),
    ['\u00ff', '\u00fe', '\u00e9'],
  )
  assert.equal(records[0]?.acctSessionId, '8Ab0000F')
})
