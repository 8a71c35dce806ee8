import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { openDesk } from './desk.ts'

function setup(t: Parameters<typeof openDesk>[0], environment = {}) {
  const desk = openDesk(t, environment)
  const packageId = desk.rooms.addPackage()
  let phones = 10
  async function buy() {
    phones += 1
    const { body } = await desk.ask(null, 'POST', '/api/payments/stk', {
      phone_number: `07123456${phones}`,
      package_id: packageId,
      mac_address: `AA:BB:CC:DD:EE:${phones}`,
    })
    return { statusUrl: String(body.status_url), eventsUrl: String(body.events_url) }
  }
  async function follow(path: string) {
    const response = await desk.request(null, 'GET', path)
    t.after(() => response.body?.cancel())
    return response
  }
  return { ...desk, buy, follow }
}

test('one purchase is followed by ten at most, and others are not kept from theirs', async (t) => {
  const { buy, follow, ask } = setup(t)
  const [one, other] = [await buy(), await buy()]
  for (let open = 1; open <= 10; open += 1) assert.equal((await follow(one.eventsUrl)).status, 200)
  const refused = await ask(null, 'GET', one.eventsUrl)
  assert.equal(refused.status, 503)
  assert.equal(refused.body.code, 'too-many-streams')
  assert.equal(refused.headers.get('retry-after'), '30')
  assert.equal((await follow(other.eventsUrl)).status, 200)
  assert.equal((await ask(null, 'GET', one.statusUrl)).status, 200)
})

test('beyond the most of the box nobody is told, and who goes makes room', async (t) => {
  const { buy, follow, ask, request, listeners } = setup(t, { MLANGO_HTTP_MAX_STREAMS: '2' })
  const { eventsUrl, statusUrl } = await buy()
  const [first] = [await follow(eventsUrl), await follow(eventsUrl)]
  assert.equal((await ask(null, 'GET', eventsUrl)).status, 503)
  assert.equal((await request(null, 'HEAD', eventsUrl)).status, 503)
  assert.equal((await ask(null, 'GET', statusUrl)).status, 200)
  await first.body?.cancel()
  while (listeners() > 1) await turn()
  assert.equal((await follow(eventsUrl)).status, 200)
})
