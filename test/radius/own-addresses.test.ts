import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { openLog } from '../../src/log.ts'
import { openUdpPort } from '../../src/radius/udp-port.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

/** A machine whose addresses the test decides; it says every datagram back. */
async function setup(t: TestContext, ownAddresses: string[]) {
  const clock = new SteppedClock()
  const log = openLog('fatal', {})
  const port = await openUdpPort({
    ...{ host: '0.0.0.0', port: 0, setting: 'auth_port', clock, log },
    receive: (datagram, asker) => asker.send(datagram),
    ownAddresses: () => ownAddresses,
  })
  t.after(() => port.close())
  const phone = createSocket('udp4')
  phone.bind(0, '127.0.0.1')
  await once(phone, 'listening')
  t.after(() => phone.close())
  /** From which address the answer comes. */
  const ask = async (address: string): Promise<string> => {
    phone.send('hello', port.port, address)
    const [, from] = await once(phone, 'message')
    return from.address
  }
  return { port, clock, ask }
}

test('an answer leaves from the address that was asked, on a machine with several', async (t) => {
  const { ask } = await setup(t, ['127.0.0.1', '127.0.0.5'])
  assert.equal(await ask('127.0.0.5'), '127.0.0.5')
  assert.equal(await ask('127.0.0.1'), '127.0.0.1')
})

test('an address that comes up later is served some seconds later, and one that goes is let go', async (t) => {
  const own = ['127.0.0.1']
  const { ask, clock, port } = await setup(t, own)
  own.push('127.0.0.6')
  clock.step(5_000)
  const taken = createSocket('udp4')
  t.after(() => taken.close())
  assert.equal(await ask('127.0.0.6'), '127.0.0.6')
  own.pop()
  clock.step(5_000)
  taken.bind(port.port, '127.0.0.6')
  await once(taken, 'listening')
})
