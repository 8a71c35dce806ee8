import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MlangoError } from '../../src/errors.ts'
import { openDesk } from './desk.ts'

const STK = { phone_number: '0712345678', package_id: 1, mac_address: 'AA:BB:CC:DD:EE:FF' }

test('a problem says status, title, detail, code and the request it belongs to', async (t) => {
  const { ask, logLines } = openDesk(t)
  const { status, headers, body } = await ask(null, 'GET', '/api/payments/nothing?token=x')
  assert.equal(status, 404)
  assert.equal(headers.get('content-type'), 'application/problem+json')
  assert.deepEqual(
    { ...body, request_id: '' },
    {
      type: 'about:blank',
      status: 404,
      title: 'Not found',
      code: 'payment-unknown',
      detail: 'There is no such payment.',
      request_id: '',
    },
  )
  assert.match(body.request_id, /^[0-9a-f-]{36}$/)
  assert.ok(logLines.some((line) => line.includes(body.request_id)))
})

test('every answer carries the number of its request', async (t) => {
  const { ask } = openDesk(t)
  const [one, other] = [await ask(null, 'GET', '/healthz'), await ask(null, 'GET', '/api/nothing')]
  assert.match(one.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(other.headers.get('x-request-id'), other.body.request_id)
})

for (const [method, path, allowed] of [
  ['PUT', '/api/packages', 'GET, HEAD, POST'],
  ['GET', '/api/vouchers/redeem', 'POST'],
  ['OPTIONS', '/api/routers/1', 'GET, HEAD, PATCH, DELETE'],
  ['POST', '/healthz', 'GET, HEAD'],
] as const) {
  test(`${method} ${path} is told what the address takes instead`, async (t) => {
    const { ask, everything } = openDesk(t)
    const before = everything()
    const { status, headers, body } = await ask('admin', method, path)
    assert.deepEqual([status, body.code, headers.get('allow')], [405, 'method-not-allowed', allowed])
    assert.equal(body.detail, `This address takes ${allowed}, not ${method}.`)
    assert.deepEqual(everything(), before)
  })
}

test('where nothing is, no method is named', async (t) => {
  const { ask } = openDesk(t)
  const { status, headers } = await ask('admin', 'PUT', '/api/nothing')
  assert.deepEqual([status, headers.get('allow')], [404, null])
})

test('bad input names every wrong field at once and changes nothing', async (t) => {
  const { ask, everything } = openDesk(t)
  const before = everything()
  const { status, body } = await ask(null, 'POST', '/api/payments/stk', {
    phone_number: '12345',
    mac_address: 'nonsense',
    router_id: 'one',
    colour: 'red',
    size: 2,
  })
  assert.equal(status, 422)
  assert.equal(body.code, 'invalid-input')
  assert.deepEqual(body.errors.map(({ field }: { field: string }) => field).sort(), [
    'colour',
    'mac_address',
    'package_id',
    'phone_number',
    'router_id',
    'size',
  ])
  assert.deepEqual(everything(), before)
})

test('a field that is missing, unknown or wrong is told apart', async (t) => {
  const { ask } = openDesk(t)
  const { body } = await ask('admin', 'POST', '/api/tokens', { role: 'owner', colour: 'red' })
  const messages = Object.fromEntries(
    body.errors.map(({ field, message }: { field: string; message: string }) => [field, message]),
  )
  assert.equal(messages.name, 'is missing')
  assert.equal(messages.colour, 'is not known here')
  assert.match(messages.role, /admin.*cashier.*viewer/)
})

const BATCH = { package_id: 1, count: 1 }
for (const [path, given, told] of [
  ['/api/payments/stk', { ...STK, phone_number: 712345678 }, 'phone_number: is not text'],
  ['/api/payments/stk', { ...STK, package_id: '1' }, 'package_id: is not a number'],
  ['/api/payments/stk', { ...STK, package_id: 1.5 }, 'package_id: is not a whole number'],
  ['/api/payments/stk', [], '(body): is not an object'],
  ['/api/vouchers', { ...BATCH, count: 0 }, 'count: is not at least 1'],
  ['/api/vouchers', { ...BATCH, count: 1001 }, 'count: is not at most 1000'],
  ['/api/vouchers', { ...BATCH, note: 'x'.repeat(201) }, 'note: does not have at most 200 characters'],
  ['/api/vouchers', { ...BATCH, expires_at: '31/01/2027' }, 'expires_at: is not a time like 2027-01-31T18:00:00+03:00'],
  ['/api/tokens', { name: ' ', role: 'viewer' }, 'name: is empty'],
  ['/api/tokens', { name: 'till', role: 'owner' }, 'role: is not one of admin, cashier, viewer'],
  [
    '/api/users',
    { username: 'amina', password: 'short', role: 'viewer' },
    'password: does not have at least 12 characters',
  ],
] as const) {
  test(`a wrong field is told in plain words: ${told}`, async (t) => {
    const { ask } = openDesk(t)
    const { status, body } = await ask('admin', 'POST', path, given)
    assert.deepEqual([status, body.detail], [422, told])
  })
}

for (const given of ['{', '', 'phone_number=0712345678', '{"phone_number": "0712345678", "password": "geheim"']) {
  test(`a body that is no JSON (${JSON.stringify(given)}) is a 400 that does not quote it`, async (t) => {
    const { ask, everything } = openDesk(t)
    const before = everything()
    const { status, body, text } = await ask(null, 'POST', '/api/payments/stk', given)
    assert.deepEqual([status, body.code], [400, 'invalid-json'])
    assert.ok(!text.includes('geheim') && !text.includes('0712'))
    assert.deepEqual(everything(), before)
  })
}

for (const given of ['null', '[]', '"text"', '7', '[{}]']) {
  test(`${given} is not taken for an object`, async (t) => {
    const { ask } = openDesk(t)
    const { status, body } = await ask(null, 'POST', '/api/payments/stk', given)
    assert.deepEqual([status, body.errors[0].field], [422, '(body)'])
  })
}

test('a body of exactly 64 KiB is read, and one byte more is not', async (t) => {
  const { ask, everything } = openDesk(t)
  const before = everything()
  const padded = (bytes: number) => JSON.stringify(STK).padEnd(bytes, ' ')
  assert.equal((await ask(null, 'POST', '/api/payments/stk', padded(64 * 1024))).status, 422)
  const { status, body } = await ask(null, 'POST', '/api/payments/stk', padded(64 * 1024 + 1))
  assert.deepEqual([status, body.code], [413, 'body-too-large'])
  assert.deepEqual(everything(), before)
})

test('a body whose length is not said is measured as it comes', async (t) => {
  const { app } = openDesk(t)
  const chunks = (count: number) =>
    new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < count; sent++) controller.enqueue(new Uint8Array(1024).fill(0x20))
        controller.close()
      },
    })
  const send = (count: number) =>
    app.request(
      'http://192.168.88.10:8080/api/payments/stk',
      {
        method: 'POST',
        body: chunks(count),
        headers: { 'Transfer-Encoding': 'chunked' },
        duplex: 'half',
      } as RequestInit,
      { incoming: { socket: { remoteAddress: '192.168.88.50' } } },
    )
  assert.equal((await send(64)).status, 400)
  assert.equal((await send(65)).status, 413)
})

test('a bug is told by its request id only; the log has the cause', async (t) => {
  const { ask, house, logLines } = openDesk(t)
  house.store.run = async () => {
    throw new TypeError('secret inside')
  }
  const { status, body, text } = await ask('admin', 'POST', '/api/tokens', { name: 'till', role: 'viewer' })
  assert.deepEqual([status, body.code], [500, 'internal'])
  assert.ok(!text.includes('secret inside'))
  const line = logLines.map((text) => JSON.parse(text)).find(({ level }) => level === 'error')
  assert.equal(line.requestId, body.request_id)
  assert.equal(line.err.message, 'secret inside')
})

test('while nothing can be stored, callers hear that it may help to try again', async (t) => {
  const { ask, house } = openDesk(t)
  house.store.run = async () => {
    throw new MlangoError('store-disk-full', 'The disk is full')
  }
  const { status, body } = await ask('admin', 'POST', '/api/tokens', { name: 'till', role: 'viewer' })
  assert.deepEqual([status, body.code], [503, 'store-unavailable'])
})

test('a token in an address is not in the log', async (t) => {
  const { ask, logLines } = openDesk(t)
  await ask(null, 'POST', '/api/mpesa/callback/a-callback-token', '{}')
  await ask(null, 'GET', '/api/payments/1?token=a-payment-token')
  await ask(null, 'POST', '/api/routers/adopt/an-adopt-token', '')
  assert.ok(logLines.length >= 3)
  assert.ok(!/a-callback-token|a-payment-token|an-adopt-token/.test(logLines.join('')))
})

for (const [who, path] of [
  [null, '/healthz'],
  [null, '/api/nothing'],
  [null, '/api/packages'],
  ['admin', '/api/settings'],
  [null, '/'],
  [null, '/generate_204'],
] as const) {
  test(`${path} carries the headers that keep a browser from doing harm`, async (t) => {
    const { ask } = openDesk(t)
    const { headers } = await ask(who, 'GET', path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/)
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.match(headers.get('cache-control') ?? '', /no-store|private/)
  })
}
