import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openRadiusHouse, PHONE, SECRET, USER } from '../radius/radius-house.ts'
import { makeAuthority } from './certificates.ts'
import { freeUdpPort, needs, run } from './radius-peer.ts'

/** radsecproxy in front: takes UDP from a router and carries it here over TLS. */
async function startProxy(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-radsecproxy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { ca, issue } = makeAuthority(folder)
  const [own, proxys] = [issue('mlango'), issue('Router 7')]
  const house = await openRadiusHouse(t, {
    radsec: { port: 0, cert: readFileSync(own.cert), key: readFileSync(own.key), ca: readFileSync(ca) },
  })
  const udpPort = await freeUdpPort()
  const config = join(folder, 'radsecproxy.conf')
  writeFileSync(
    config,
    `ListenUDP 127.0.0.1:${udpPort}
LogLevel 3
tls default {
  CACertificateFile ${ca}
  CertificateFile "${proxys.cert}"
  CertificateKeyFile "${proxys.key}"
}
client router {
  host 127.0.0.1
  type udp
  secret ${SECRET}
}
server mlango {
  host 127.0.0.1
  port ${house.server.radsecPort}
  type tls
  secret radsec
  StatusServer on
  CertificateNameCheck off
}
realm * {
  server mlango
  accountingServer mlango
}
`,
  )
  const child = spawn('radsecproxy', ['-f', '-c', config], { stdio: 'ignore' })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const ask = async (kind: 'auth' | 'acct', packet: string) =>
    (await run('radclient', ['-x', '-t', '1', '-r', '15', `127.0.0.1:${udpPort}`, kind, SECRET], packet)).text
  return { ...house, ask }
}

test('radsecproxy: logins and accounting come over TLS', needs('radsecproxy', 'radclient'), async (t) => {
  const { ask, records, server } = await startProxy(t)
  const names = `User-Name=${USER.username},Calling-Station-Id=${PHONE},NAS-IP-Address=127.0.0.1`
  const sign = 'Message-Authenticator=0x00'
  const accepted = await ask('auth', `${names},User-Password="${USER.password}",${sign}`)
  assert.match(accepted, /Received Access-Accept/)
  assert.match(accepted, /Mikrotik|Session-Timeout = 3600/)
  assert.match(await ask('auth', `${names},CHAP-Password=wrong,${sign}`), /Received Access-Reject/)
  assert.match(
    await ask('acct', `${names},Acct-Status-Type=Start,Acct-Session-Id=80a00001`),
    /Received Accounting-Response/,
  )
  assert.equal(records[0]?.acctSessionId, '80a00001')
  assert.equal(server.counters.wrongSecret, 0)
})
