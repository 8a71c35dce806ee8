import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { MlangoError } from '../../src/errors.ts'
import { openLog } from '../../src/log.ts'
import { openRadiusServer } from '../../src/radius/radius-server.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

const lines: string[] = []
const open = (ports: { authPort: number; acctPort: number }, host = '127.0.0.1') =>
  openRadiusServer({
    host,
    ...ports,
    interimIntervalSeconds: 300,
    language: 'en',
    clock: new SteppedClock(),
    log: openLog('info', {}, { write: (line) => lines.push(line) }),
    findNas: () => undefined,
    authorize: () => ({ outcome: 'reject', refusal: 'wrong-code' }),
    account: async () => {},
    noteSigns: async () => {},
    nasRestarted: async () => {},
  })

test('a taken port stops the start with a sentence that says what to do, and leaves nothing open', async (t) => {
  const taken = createSocket('udp4')
  taken.bind(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address()
  const server = open({ authPort: 0, acctPort: port })
  await assert.rejects(server.start(), (thrown) => {
    assert.ok(thrown instanceof MlangoError)
    assert.equal(thrown.code, 'radius-port-unusable')
    assert.match(thrown.message, new RegExp(`UDP 127.0.0.1:${port}: another program.*\\[radius\\] acct_port`))
    return true
  })
  assert.equal(server.authPort, 0)
})

test("an address that is not this machine's is named", async () => {
  await assert.rejects(open({ authPort: 0, acctPort: 0 }, '192.0.2.1').start(), /no such address.*\[radius\] host/)
})

test('it stops twice, and its ports are free again', async (t) => {
  const first = open({ authPort: 0, acctPort: 0 })
  await first.start()
  const { authPort, acctPort } = first
  first.stop()
  first.stop()
  const second = open({ authPort, acctPort })
  await second.start()
  t.after(() => second.stop())
  assert.deepEqual([second.authPort, second.acctPort], [authPort, acctPort])
})

test('a receive buffer that the kernel cuts is told with the remedy', async (t) => {
  const server = open({ authPort: 0, acctPort: 0 })
  await server.start()
  t.after(() => server.stop())
  const probe = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  probe.bind(0, '127.0.0.1')
  await once(probe, 'listening')
  const isCut = probe.getRecvBufferSize() < 2 * (4 << 20)
  probe.close()
  assert.equal(lines.join().includes('sysctl -w net.core.rmem_max=4194304'), isCut)
})
