import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from './desk.ts'

const PACKAGE = { price_cents: 1000, duration_seconds: 3600 }

for (const [what, character] of [
  ['a line break', '\n'],
  ['a NUL', '\0'],
  ['an escape for terminals', '\u001b[31m'],
  ['a turn of the direction of writing', '\u202e'],
  ['a mark of the end of a line', '\u2028'],
] as const) {
  test(`no name, note or reason holds ${what}`, async (t) => {
    const desk = openDesk(t)
    const before = desk.everything()
    const name = `Tower${character}1`
    for (const [path, field, body] of [
      ['/api/routers', 'name', { name }],
      ['/api/packages', 'name', { name, ...PACKAGE }],
      ['/api/customers', 'name', { name, phone_number: '0712345678' }],
      ['/api/tokens', 'name', { name, role: 'viewer' }],
      ['/api/vouchers', 'note', { note: name, package_id: 1, count: 1 }],
      ['/api/grants', 'reason', { reason: name, package_id: 1 }],
      ['/api/queue/payments/pause', 'reason', { reason: name }],
      ['/api/payments/1/refund', 'reason', { reason: name }],
    ] as const) {
      const { status, body: told } = await desk.ask('admin', 'POST', path, body)
      assert.deepEqual(
        [status, told.errors],
        [422, [{ field, message: 'holds a character that cannot be seen' }]],
        `${path}: ${JSON.stringify(told)}`,
      )
    }
    assert.deepEqual(desk.everything(), before)
  })
}

test('a name is taken in any script, with signs and pictures', async (t) => {
  const desk = openDesk(t)
  for (const name of ['Mnara wa 1', 'برج', '塔', 'Café "Mlango" $x; [1]', '👩‍💻 desk']) {
    const { status, body } = await desk.ask('admin', 'POST', '/api/packages', { name, ...PACKAGE })
    assert.deepEqual([status, body.name], [201, name])
  }
})
