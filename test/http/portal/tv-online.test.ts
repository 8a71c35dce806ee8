import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openStay } from '../../access/stay.ts'
import { openDesk } from '../desk.ts'

const TV = 'AA:BB:CC:DD:EE:FF'
const ROUTER = '10.9.0.2'

test('a TV that is online behind a router that masquerades is told so, and its page stays as it is', async (t) => {
  const { ask, rooms } = openDesk(t)
  const routerId = rooms.addRouter({ address: ROUTER })
  const show = async () => {
    const { status, text } = await ask(null, 'GET', `/tv?mac=${TV}&show=1&l=en`, undefined, { from: ROUTER })
    assert.equal(status, 200)
    const at = (name: string) => new RegExp(`data-${name}="([^"]*)"`).exec(text)?.[1] ?? ''
    const { body } = await ask(null, 'GET', at('status'), undefined, { from: ROUTER })
    // As the page's script puts it.
    return { text, view: at('view'), viewNow: body.status + (body.access.online ? '+online' : '') }
  }
  const waiting = await show()
  assert.match(waiting.text, /Scan/)
  assert.equal(waiting.view, waiting.viewNow)

  const stay = openStay(rooms, { macAddress: TV, routerId })
  stay.account({ status: 'start', macAddress: TV })
  const online = await show()
  assert.notEqual(online.viewNow, waiting.view)
  assert.equal(online.view, online.viewNow)
  assert.match(online.text, /You are online/)
  // Anybody could write the address of this page.
  assert.ok(!online.text.includes(stay.grant().username) && !online.text.includes(stay.grant().password))
})
