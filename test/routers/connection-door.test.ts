import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { openConnection } from '../../src/routers/routeros-connection.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import {
  EXPIRED_CERTIFICATE,
  ISSUED_CERTIFICATE,
  ROUTER_CERTIFICATE,
  ROUTER_KEY,
  STRANGER_CERTIFICATE,
} from './certificates.ts'
import { brief, failure, setup } from './connection-house.ts'
import { yes } from './scripted-router.ts'

// Numbers are those of docs/routeros-defects.md; what would end the process is in survival.test.ts.

test('14: no error is without a text and a kind', async (t) => {
  const { connect } = await setup(t, { login: ({ peer }) => peer.socket.resetAndDestroy() })
  const reset = await failure(connect())
  assert.match(reset.message, /ECONNRESET|EPIPE/)
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const { port } = closed.address() as { port: number }
  closed.close()
  await once(closed, 'close')
  const refused = await failure(connect({ port }))
  assert.match(refused.message, /ECONNREFUSED/)
  const unknown = await failure(connect({ host: 'no-such-router.invalid' }))
  assert.match(unknown.message, /no-such-router\.invalid/)
  assert.deepEqual([reset, refused, unknown].map(brief), Array(3).fill({ kind: 'network', sent: false }))
})

test('15: TLS is not dialled on another port than the one given, and a pinned certificate is enough', async (t) => {
  const { connect } = await setup(t, { tls: { key: ROUTER_KEY, cert: ROUTER_CERTIFICATE } })
  assert.deepEqual(await (await connect({ certificate: ROUTER_CERTIFICATE })).run(['/system/identity/print']), [])
  assert.deepEqual(await (await connect()).run(['/system/identity/print']), [])
})

for (const [what, certificate] of [
  ['had no time when it signed it', EXPIRED_CERTIFICATE],
  ['has it from the operator', ISSUED_CERTIFICATE],
] as const) {
  test(`16: a pinned certificate is enough also where the router ${what}`, async (t) => {
    const { connect } = await setup(t, { tls: { key: ROUTER_KEY, cert: certificate } })
    assert.deepEqual(await (await connect({ certificate })).run(['/system/identity/print']), [])
  })
}

test('16: a certificate other than the pinned one is not accepted, and is told no password', async (t) => {
  const logins: string[][] = []
  const { connect } = await setup(t, {
    tls: { key: ROUTER_KEY, cert: ROUTER_CERTIFICATE },
    login(command) {
      logins.push(command.words)
      yes(command)
    },
  })
  // Of its very key, too: it is another one all the same.
  for (const certificate of [STRANGER_CERTIFICATE, ISSUED_CERTIFICATE]) {
    const error = await failure(connect({ certificate }))
    assert.equal(error.kind, 'network')
    assert.match(error.message, /certificate/)
  }
  await connect({ certificate: ROUTER_CERTIFICATE })
  assert.equal(logins.length, 1)
})

test('16: a router without a certificate, which knows TLS 1.3 too, is not out of reach', async (t) => {
  const { connect } = await setup(t, {
    tls: { ciphers: 'ADH-AES256-GCM-SHA384:@SECLEVEL=0', dhparam: 'auto' },
  })
  assert.deepEqual(await (await connect()).run(['/system/identity/print']), [])
})

test('20: an empty password is sent as empty, and a wrong one is told as such', async (t) => {
  const logins: string[][] = []
  const { connect } = await setup(t, {
    login(command) {
      logins.push(command.words)
      if (command.words[2] !== '=password=')
        command.peer.say(command, '!trap', '=message=invalid user name or password (6)')
      yes(command)
    },
  })
  await connect({ password: '' })
  assert.deepEqual(logins, [['/login', '=name=mlango', '=password=']])
  assert.deepEqual(brief(await failure(connect())), { kind: 'auth', sent: false })
})

for (const password of ['secret', 'pässwörd ✓']) {
  test(`20: the login of releases before 6.43 is not answered wrongly (${password})`, async (t) => {
    const simulator = await startRouterSimulator({ oldLogin: true, password })
    t.after(() => simulator.stop())
    const address = {
      routerId: 1,
      host: '127.0.0.1',
      port: simulator.apiPort,
      tls: false,
      username: 'mlango',
      password,
    }
    const connection = await openConnection(address)
    assert.deepEqual(await connection.run(['/system/identity/print']), [{ name: 'MikroTik' }])
    assert.equal((await failure(openConnection({ ...address, password: 'wrong' }))).kind, 'auth')
    await connection.close()
  })
}
