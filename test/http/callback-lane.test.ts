import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { callbackLane } from '../../src/http/callback-lane.ts'
import { openHttpDoor } from '../../src/http/http-door.ts'
import { openCallbacks } from '../../src/http/mpesa-callback.ts'
import { callbackBody } from '../../src/simulators/mpesa-messages.ts'
import type { Store } from '../../src/store/client.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

/** The same house behind two doors: one with the short way for callbacks, and one that has only the app. */
async function setup(t: TestContext, environment: Record<string, string> = {}, store?: Store) {
  const desk = openDesk(t, { MLANGO_HTTP_HOST: '127.0.0.1', MLANGO_HTTP_PORT: '0', ...environment })
  const { config, log } = desk.house
  const callbacks = openCallbacks({ config, log, store: store ?? desk.house.store })
  let taken = 0
  const lane = callbackLane({ config, log }, callbacks)
  const open = async (name: string, shortcuts: Parameters<typeof openHttpDoor>[1]['shortcuts'] & object) => {
    const controlSocket = join(desk.rooms.dir, `${name}.sock`)
    const door = openHttpDoor(desk.app, { http: config.http, controlSocket, shortcuts })
    await door.start()
    t.after(() => door.stop(0))
    return door.port
  }
  const short = await open('short', [
    (request, response) => {
      const isTaken = lane(request, response)
      if (isTaken) taken += 1
      return isTaken
    },
  ])
  const long = await open('long', [])
  const purchase = openPurchase(desk.rooms).prompted()
  return {
    ...desk,
    ...{ callbacks, purchase, short },
    address: `/api/mpesa/callback/${purchase.attempt.callbackToken}`,
    body: callbackBody({
      ...purchase.ids,
      resultCode: 0,
      paid: { amount: 10, receipt: purchase.receipt, paidAtMs: desk.rooms.clock.nowMs(), phoneNumber: '254712345678' },
    }),
    get taken() {
      return taken
    },
    /** What comes back from either door, but for the number and the time that every answer has of its own. */
    async ask(way: 'short' | 'long', path: string, init: RequestInit) {
      const answer = await fetch(`http://127.0.0.1:${way === 'short' ? short : long}${path}`, init)
      const said = (await answer.json()) as Record<string, unknown>
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => name !== 'date'))
      assert.match(headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/)
      if ('request_id' in said) assert.equal(said.request_id, headers['x-request-id'])
      return {
        status: answer.status,
        headers: { ...headers, 'x-request-id': '' },
        said: { ...said, request_id: '' } as typeof said,
      }
    },
  }
}

test('a callback on the short way is stored before it is accepted, and answered like on the long one', async (t) => {
  const house = await setup(t)
  const post = { method: 'POST', body: house.body, headers: { 'Content-Type': 'application/json' } }
  const first = await house.ask('short', house.address, post)
  assert.equal(first.status, 200)
  assert.equal(house.purchase.state, 'PAID')
  assert.equal(house.rooms.value('SELECT body FROM callback_inbox'), house.body)
  assert.equal(house.rooms.value('SELECT source_address FROM callback_inbox'), '127.0.0.1')
  assert.deepEqual(await house.ask('long', house.address, post), first)
  assert.equal(house.rooms.value('SELECT repeats FROM callback_inbox'), 1)
  assert.equal(house.purchase.completions().length, 1)
  assert.equal(house.taken, 1)
})

test('one with a forged token is refused in the same words, counted, and changes nothing', async (t) => {
  const house = await setup(t)
  const before = house.everything()
  const post = { method: 'POST', body: house.body }
  const refused = await house.ask('short', '/api/mpesa/callback/forged', post)
  assert.deepEqual([refused.status, refused.said.code], [404, 'unknown-token'])
  assert.deepEqual(await house.ask('long', '/api/mpesa/callback/forged', post), refused)
  assert.equal(house.callbacks.counters.unknownToken, 1)
  assert.deepEqual(house.everything(), before)
})

test('a proxy that is listed is believed about who calls', async (t) => {
  const house = await setup(t, { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' })
  const headers = { 'X-Forwarded-For': '9.9.9.9, 196.201.214.200' }
  await house.ask('short', house.address, { method: 'POST', body: house.body, headers })
  assert.equal(house.rooms.value('SELECT source_address FROM callback_inbox'), '196.201.214.200')
})

test('when nothing can be stored the sender hears it, and the log names no token', async (t) => {
  const house = await setup(t, {}, { run: () => Promise.reject(new Error('the disk is gone')) })
  const { status, said } = await house.ask('short', house.address, { method: 'POST', body: house.body })
  assert.deepEqual([status, said.code], [500, 'internal'])
  assert.ok(house.logLines.some((line) => line.includes('the disk is gone')))
  assert.ok(!house.logLines.some((line) => line.includes(house.purchase.attempt.callbackToken)))
})

test('what is too long, of unknown length or no callback goes the long way', async (t) => {
  const house = await setup(t)
  const tooLong = await house.ask('short', house.address, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) })
  assert.equal(tooLong.status, 413)
  assert.equal((await house.ask('short', house.address, { method: 'PUT', body: '{}' })).status, 405)
  assert.equal((await house.ask('short', `${house.address}/more`, { method: 'POST', body: '{}' })).status, 404)
  assert.equal(house.rooms.value('SELECT count(*) FROM callback_inbox'), 0)
  const pieces = new Blob([house.body]).stream()
  const inPieces = { method: 'POST', body: pieces, duplex: 'half' } as RequestInit
  assert.equal((await house.ask('short', house.address, inPieces)).status, 200)
  assert.equal(house.purchase.state, 'PAID')
  assert.equal(house.taken, 0)
})

test('a sender that goes in the middle of it has said nothing', async (t) => {
  const house = await setup(t)
  const socket = connect(house.short, '127.0.0.1')
  await once(socket, 'connect')
  const head = `POST ${house.address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${house.body.length}\r\n\r\n`
  await new Promise((resolve) => socket.write(head + house.body.slice(0, 50), resolve))
  socket.resetAndDestroy()
  await once(socket, 'close')
  const { status } = await house.ask('short', house.address, { method: 'POST', body: house.body })
  assert.equal(status, 200)
  assert.equal(house.rooms.value('SELECT count(*) FROM callback_inbox'), 1)
  assert.equal(house.callbacks.counters.received, 1)
  assert.ok(!house.logLines.some((line) => line.includes('a request failed')))
})

test('in a crowd a callback is kept without being looked into', async (t) => {
  const evidence: unknown[] = []
  const store: Store = {
    isCrowded: true,
    async run(_command, input) {
      evidence.push((input as { evidence: unknown }).evidence)
      return 'waiting' as never
    },
  }
  const house = await setup(t, {}, store)
  assert.equal((await house.ask('short', house.address, { method: 'POST', body: house.body })).status, 200)
  assert.deepEqual(evidence, [undefined])
})
