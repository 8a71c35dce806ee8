import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openDesk } from '../desk.ts'

const MAC = 'AA:BB:CC:DD:EE:FF'
const ROUTER = '10.9.0.2'
const PHONE_AT = '10.5.50.7'

/** A phone that the router has sent here, and which then pays. */
async function setup(t: TestContext, from: string) {
  const { ask, rooms } = openDesk(t)
  const packageId = rooms.addPackage()
  rooms.addRouter({ address: ROUTER })
  const captured = (llo: string) => ask(null, 'GET', `/?mac=${MAC}&llo=${encodeURIComponent(llo)}`, undefined, { from })
  const pages = [await captured(`http://${ROUTER}/login`), await captured(`http://${ROUTER}/login`)]
  assert.deepEqual(
    pages.map(({ status }) => status),
    [200, 200],
  )
  const bought = await ask(null, 'POST', '/pay', `mac=${MAC}&phone=0700000600&package=${packageId}`, {
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    from,
  })
  const page = bought.headers.get('location') ?? ''
  assert.match(page, /^\/w\//)
  return { captured, page }
}

test('a phone that has paid is led to its purchase when its router sends it here again', async (t) => {
  const { captured, page } = await setup(t, PHONE_AT)
  assert.equal((await captured(`http://${ROUTER}/login`)).headers.get('location'), page)
})

test('who only writes that a router sent it here is led to nobody’s purchase', async (t) => {
  const { captured } = await setup(t, PHONE_AT)
  for (const llo of ['x', '', 'http://10.66.66.66/login']) {
    const { status, text } = await captured(llo)
    assert.equal(status, 200, llo)
    assert.doesNotMatch(text, /\/w\/|\/a\//)
  }
})

test('behind a router that masquerades all have one address, and nobody is led to a purchase by a device’s name', async (t) => {
  const { captured } = await setup(t, ROUTER)
  assert.equal((await captured(`http://${ROUTER}/login`)).status, 200)
})
