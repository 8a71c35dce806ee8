import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf } from '../../src/simulators/router/nas/packet.ts'
import { accessRequest, openPlug, openRadiusHouse, PHONE } from './radius-house.ts'

const OTHER_PHONE = 'AA:BB:CC:DD:EE:02'
const [ACCEPT, REJECT] = [2, 3]
const phone = (n: number) =>
  `02:00:00:00:${Math.floor(n / 256)
    .toString(16)
    .padStart(2, '0')}:${(n % 256).toString(16).padStart(2, '0')}`

async function setup(t: Parameters<typeof openRadiusHouse>[0]) {
  const house = await openRadiusHouse(t)
  const plug = await openPlug(t, house.server.authPort)
  const guess = async (macAddress = PHONE, times = 1, username = 'alice') => {
    for (let i = 0; i < times; i += 1) await plug.ask(accessRequest({ password: `guess ${i}`, macAddress, username }))
  }
  return { ...house, plug, guess }
}

test('a device that guesses is rejected without asking, whatever it types, until some minutes have gone by', async (t) => {
  const { plug, guess, logins, clock } = await setup(t)
  await guess(PHONE, 30)
  assert.equal(logins.length, 10)
  const reject = await plug.ask(accessRequest())
  assert.equal(reject.code, REJECT)
  assert.match(textOf(reject.attributes, 18) ?? '', /Wait/)
  assert.equal((await plug.ask(accessRequest({ macAddress: OTHER_PHONE }))).code, ACCEPT)
  clock.step(5 * 60_000)
  assert.equal((await plug.ask(accessRequest())).code, ACCEPT)
})

test('a right password in between gives no new tries', async (t) => {
  const { plug, guess, logins } = await setup(t)
  await guess(PHONE, 9)
  await plug.ask(accessRequest())
  await guess(PHONE, 9)
  assert.equal(logins.length, 11)
})

test('resends of one wrong password are one try', async (t) => {
  const { plug, logins } = await setup(t)
  const wrong = accessRequest({ password: 'wrong' })
  for (let i = 0; i < 20; i += 1) await plug.ask(wrong)
  assert.equal((await plug.ask(accessRequest())).code, ACCEPT)
  assert.equal(logins.length, 2)
})

test('a device that only appears, and is asked about by its address, has guessed nothing', async (t) => {
  const { plug, logins } = await setup(t)
  for (const username of [PHONE, PHONE.toLowerCase().replaceAll(':', '-')]) {
    for (let i = 0; i < 15; i += 1) {
      const reject = await plug.ask(accessRequest({ username, password: '', macAddress: PHONE }))
      assert.equal(reject.code, REJECT)
    }
  }
  assert.equal(
    logins.every(({ isArrival }) => isArrival),
    true,
  )
  assert.equal((await plug.ask(accessRequest())).code, ACCEPT)
})

test('with the password that its router has for arrivals, too, a device has guessed nothing; with one that somebody chose it has', async (t) => {
  const { server, logins } = await openRadiusHouse(t, { macAuthPassword: 'arrived' })
  const plug = await openPlug(t, server.authPort)
  for (let i = 0; i < 15; i += 1) await plug.ask(accessRequest({ username: PHONE, password: 'arrived' }))
  assert.deepEqual(
    logins.map(({ isArrival }) => isArrival),
    Array(15).fill(true),
  )
  for (let i = 0; i < 15; i += 1) await plug.ask(accessRequest({ username: PHONE, password: `guess ${i}` }))
  assert.equal(logins.length, 25)
})

test('an ended grant with the right password is no guess', async (t) => {
  const { plug, hands, logins } = await setup(t)
  hands.authorize = (login) => {
    logins.push(login)
    login.matches('open sesame')
    return { outcome: 'reject', refusal: 'time-used' }
  }
  for (let i = 0; i < 15; i += 1) await plug.ask(accessRequest())
  assert.equal(logins.length, 15)
})

test('a user whom many devices guess at still gets in from his own, and each guesser gets fewer tries', async (t) => {
  const { plug, guess, logins } = await setup(t)
  for (let n = 0; n < 7; n += 1) await guess(phone(n), 3)
  const before = logins.length
  await guess(phone(99), 10)
  assert.equal(logins.length - before, 3)
  assert.equal((await plug.ask(accessRequest())).code, ACCEPT)
})

test('at a router where many codes are tried, each device gets fewer tries', async (t) => {
  const { guess, logins } = await setup(t)
  for (let n = 0; n < 300; n += 1) await guess(phone(n), 1, `code-${n}`)
  const before = logins.length
  await guess(phone(999), 10, 'another')
  assert.equal(logins.length - before, 3)
})

test('who is known by another address than a device’s locks out himself, and no neighbour', async (t) => {
  const { plug, guess } = await setup(t)
  await guess('10.0.0.66', 30, 'mallory')
  assert.equal((await plug.ask(accessRequest({ macAddress: '10.0.0.66' }))).code, REJECT)
  assert.equal((await plug.ask(accessRequest({ macAddress: '10.0.0.7' }))).code, ACCEPT)
})

test('where a router says nothing of who asks, guessing at one name keeps out no other', async (t) => {
  const { plug, guess, logins } = await setup(t)
  await guess('', 30, 'mallory')
  assert.equal(logins.length, 10)
  assert.equal((await plug.ask(accessRequest({ macAddress: '' }))).code, ACCEPT)
})
