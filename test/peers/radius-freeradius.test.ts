import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { disconnect } from '../../src/radius/disconnect-client.ts'
import { SECRET } from '../radius/radius-house.ts'
import { needs } from './radius-peer.ts'

/** FreeRADIUS in the part of the router: it ends the session of `alice`, knows no `bob`, and refuses everybody else. */
async function startFakeNas(t: TestContext) {
  const coaPort = await freeUdpPort()
  const folder = mkdtempSync(join(tmpdir(), 'mlango-freeradius-'))
  const config = `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = ${folder}
run_dir = ${folder}
pidfile = ${folder}/pid
security {
}
client site {
  ipaddr = 127.0.0.1
  secret = ${SECRET}
}
modules {
  always ok {
    rcode = ok
  }
  always reject {
    rcode = reject
  }
}
server nas {
  listen {
    type = coa
    ipaddr = 127.0.0.1
    port = ${coaPort}
  }
  recv-coa {
    if (&User-Name == "alice" && &Acct-Session-Id == "8Ab0000f" && &Framed-IP-Address == 10.5.50.9) {
      ok
    }
    else {
      if (&User-Name == "bob") {
        update reply {
          Error-Cause := Session-Context-Not-Found
        }
      }
      reject
    }
  }
}
`
  writeFileSync(join(folder, 'radiusd.conf'), config)
  const child = spawn('freeradius', ['-fX', '-d', folder, '-D', '/usr/share/freeradius'])
  const output: string[] = []
  child.stdout.setEncoding('utf8')
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  child.stdout.on('data', (text: string) => {
    output.push(text)
    if (text.includes('Ready to process requests')) resolve()
  })
  child.on('exit', () => reject(new Error(`freeradius ended: ${output.join('').slice(-2000)}`)))
  t.after(async () => {
    child.kill()
    if (child.exitCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  await promise
  const ask = (username: string, secret = SECRET) =>
    disconnect(
      {
        nas: { address: '127.0.0.1', coaPort, secret: Buffer.from(secret) },
        username,
        acctSessionId: '8Ab0000f',
        framedIpAddress: '10.5.50.9',
        macAddress: undefined,
      },
      { signal: AbortSignal.timeout(20_000), waitsMs: secret === SECRET ? [5_000] : [200, 200] },
    )
  return { ask, output }
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

test('FreeRADIUS as the router: ended, already gone, refused', needs('freeradius'), async (t) => {
  const { ask } = await startFakeNas(t)
  assert.deepEqual(await ask('alice'), { outcome: 'disconnected' })
  assert.deepEqual(await ask('bob'), { outcome: 'already-gone' })
  assert.equal((await ask('eve')).outcome, 'refused')
})

test('FreeRADIUS as the router: with another secret it does not answer', needs('freeradius'), async (t) => {
  const { ask, output } = await startFakeNas(t)
  assert.deepEqual(await ask('alice', 'another'), { outcome: 'no-answer' })
  assert.match(output.join(''), /invalid Message-Authenticator|shared secret is incorrect/i)
})
