import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openPurchase } from '../../billing/purchase.ts'
import { openDesk } from '../desk.ts'

const MAC = '02:00:00:00:00:01'
const PHONE = '254712345678'
const readable = (html: string) =>
  html
    .replace(/<(style|script)\b.*?<\/\1>|<div[^>]*\shidden[^>]*>.*?<\/div>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/[\s\u00a0]+/g, ' ')

function setup(t: TestContext) {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage({ priceCents: 5000 })
  const purchase = openPurchase(rooms, { packageId, phoneNumber: PHONE, macAddress: MAC })
  const page = async (language = 'en') =>
    (await ask(null, 'GET', `/w/${purchase.paymentId}/${purchase.token}?l=${language}`)).text
  const pay = (bought = packageId) =>
    ask(null, 'POST', '/pay', `phone=${PHONE}&mac=${MAC}&package=${bought}&l=en`, {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
  return { ask, rooms, packageId, purchase, page, pay, asked: () => rooms.facts('payment.requested').length }
}

test('who is to wait a minute is not asked again before, and the page has the button when the minute is over', async (t) => {
  const { rooms, packageId, purchase, page, pay, asked } = setup(t)
  purchase.send()
  purchase.refused('busy', 60)
  const waiting = await page()
  assert.match(readable(waiting), /You can try again in/)
  assert.doesNotMatch(readable(waiting), /Try again – KSh 50/)
  assert.match(waiting, /<div data-at="60" hidden="">.*name="package"/s)
  assert.match(waiting, /<noscript><meta http-equiv=refresh content=4>/)
  const refused = await pay()
  assert.equal(refused.status, 422)
  assert.match(readable(refused.text), /wait 1 minute and try again/)
  assert.equal(asked(), 1)
  rooms.clock.step(60_000)
  assert.match(readable(await page()), /Try again – KSh 50/)
  assert.equal((await pay(packageId)).status, 303)
})

test('the same amount too soon holds back the same amount only', async (t) => {
  const { rooms, purchase, pay } = setup(t)
  const other = rooms.addPackage({ priceCents: 6000 })
  purchase.send()
  purchase.refused('too-soon', 120)
  assert.match(readable((await pay()).text), /the same payment only every 2 minutes/)
  assert.equal((await pay(other)).status, 303)
})

test('who has too little money is offered what costs less, dearest first', async (t) => {
  const { rooms, purchase, page } = setup(t)
  const [hour, half] = [
    rooms.addPackage({ name: '1 hour', priceCents: 2000 }),
    rooms.addPackage({ name: 'Half', priceCents: 1000 }),
  ]
  rooms.addPackage({ name: 'Week', priceCents: 25_000 })
  rooms.addPackage({ name: 'Trial', priceCents: 0 })
  purchase.prompted().failed('low-balance', '1')
  const offered = [...(await page()).matchAll(/class="pk" name="package" value="(\d+)"/g)].map(([, id]) => Number(id))
  assert.deepEqual(offered, [hour, half])
})

test('money that does not fit is here, and its page says so', async (t) => {
  const { purchase, page } = setup(t)
  purchase.prompted().paid({ amountCents: 100 })
  assert.equal(purchase.state, 'REVIEW')
  assert.match(readable(await page()), /We have your money.*Do not pay again/)
  assert.doesNotMatch(readable(await page()), /We have not heard/)
  assert.match(readable(await page('sw')), /Pesa yako tumeipokea.*Usilipe tena/)
})

test('what the router says of a login that it refused is told in the customer’s language, and nothing else is', async (t) => {
  const { ask, rooms } = setup(t)
  rooms.addRouter({ address: '10.9.0.2' })
  const captured = async (err: string, language = 'en') =>
    readable(
      (
        await ask(
          null,
          'GET',
          `/?${new URLSearchParams({ mac: '02:00:00:00:00:02', llo: 'http://10.9.0.2/login', err, l: language })}`,
        )
      ).text,
    )
  assert.match(await captured('no more sessions are allowed for user 4821093755'), /as many devices as it allows/)
  assert.match(await captured('This code is in use on another device. Log out there first.', 'sw'), /vifaa vyote/)
  assert.match(await captured('RADIUS server is not responding'), /did not let this device in/)
  assert.match(await captured('user 4821093755 has reached uptime limit'), /has expired/)
  assert.match(await captured('invalid username or password'), /That code is not right/)
  for (const err of ['', 'Enter your code to go online.', '<b>Pay 0799</b>'])
    assert.doesNotMatch(await captured(err), /class="err"|0799|not right|did not let/)
})

test('the help page names what to do, and whom to call', async (t) => {
  const { ask } = setup(t)
  const home = (await ask(null, 'GET', `/?l=en&mac=${MAC}`)).text
  assert.match(home, /href="\/help\?l=en&amp;mac=/)
  const help = readable((await ask(null, 'GET', '/help?l=en')).text)
  assert.match(help, /Sign in to network.*VPN.*private DNS.*192\.168\.88\.10:8080/is)
  assert.match(readable((await ask(null, 'GET', '/help?l=sw')).text), /Msaada/)
})
