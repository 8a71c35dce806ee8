import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessRequest, accounting, openPlug, openRadiusHouse } from './radius-house.ts'

test('a resent request gets the same octets again, and nobody is asked twice', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const request = accessRequest()
  plug.send(request)
  plug.send(request)
  await plug.whenReplies(2)
  assert.deepEqual(plug.replies[0], plug.replies[1])
  assert.equal(logins.length, 1)
  assert.equal(server.counters.resent, 1)
})

test('the same id with another authenticator is a new request, and takes the place of the old one', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.authPort)
  const [first, second] = [accessRequest({ id: 5 }), accessRequest({ id: 5 })]
  for (const request of [first, second, first]) await plug.ask(request)
  assert.equal(logins.length, 3)
})

test('another port is another sender', async (t) => {
  const { server, logins } = await openRadiusHouse(t)
  const request = accessRequest()
  for (const plug of [await openPlug(t, server.authPort), await openPlug(t, server.authPort)]) await plug.ask(request)
  assert.equal(logins.length, 2)
})

test('an answer is forgotten after some seconds', async (t) => {
  const { server, records, clock } = await openRadiusHouse(t)
  const plug = await openPlug(t, server.acctPort)
  const packet = accounting(1)
  await plug.ask(packet)
  clock.step(5_000)
  await plug.ask(packet)
  assert.equal(records.length, 1)
  clock.step(60_000)
  await plug.ask(packet)
  assert.equal(records.length, 2)
})
