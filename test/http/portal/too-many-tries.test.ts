import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from '../desk.ts'

const PHONE_AT = '10.5.50.7'
const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
const readable = (html: string) => html.replace(/<[^>]*>/g, '').replaceAll('\u00a0', ' ')

test('who has typed too many wrong codes is told how long to wait, in the language of the page', async (t) => {
  const { ask, rooms } = openDesk(t)
  const type = (language: string) =>
    ask(null, 'POST', '/code', `l=${language}&mac=AA:BB:CC:DD:EE:FF&code=K7M4QX`, { headers, from: PHONE_AT })
  for (let time = 0; time < 10; time++) assert.equal((await type('en')).status, 422)
  const { status, text } = await type('en')
  assert.equal(status, 429)
  assert.match(readable(text), /Too many tries. Wait 10 minutes, then try again/)
  rooms.clock.step(9 * 60_000)
  assert.match(readable((await type('sw')).text), /Umejaribu mara nyingi. Subiri dakika 1, kisha ujaribu tena/)
})

test('who has asked for too many payments is told so, too', async (t) => {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage()
  const pay = (number: number) =>
    ask(null, 'POST', '/pay', `l=en&phone=07000006${10 + number}&package=${packageId}`, { headers, from: PHONE_AT })
  for (let number = 0; number < 10; number++) assert.equal((await pay(number)).status, 303)
  assert.match(readable((await pay(10)).text), /Too many tries. Wait 10 minutes, then try again/)
})
