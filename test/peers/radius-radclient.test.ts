import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRadiusHouse, PHONE, SECRET, USER } from '../radius/radius-house.ts'
import { needs, run } from './radius-peer.ts'

const SIGN = 'Message-Authenticator=0x00'
const NAMES = `User-Name=${USER.username},Calling-Station-Id=${PHONE},NAS-IP-Address=127.0.0.1`
const PAP = `${NAMES},User-Password="${USER.password}"`
const CHAP = `${NAMES},CHAP-Password="${USER.password}"`

async function radclient(port: number, kind: 'auth' | 'acct' | 'status', packet: string, secret = SECRET) {
  const patience = secret === SECRET ? ['-t', '3', '-r', '1'] : ['-t', '0.5', '-r', '1']
  const { text } = await run('radclient', ['-x', ...patience, `127.0.0.1:${port}`, kind, secret], packet)
  return { text, received: receivedIn(text) }
}

/** What radclient printed of the reply: its kind and its attributes in their order. */
function receivedIn(text: string): { kind: string; attributes: string[] } | undefined {
  const [, kind, rest] = /Received (\S+) Id [^\n]*\n((?:\t[^\n]*\n)*)/.exec(text) ?? []
  if (!kind) return undefined
  return { kind, attributes: (rest ?? '').split('\n').flatMap((line) => line.trim() || []) }
}

test('radclient: PAP and CHAP, with and without Message-Authenticator', needs('radclient'), async (t) => {
  const { server } = await openRadiusHouse(t, { verdict: { totalLimitBytes: 5_000_000_000, rateLimit: '1000k/4000k' } })
  for (const packet of [PAP, CHAP, `${PAP},${SIGN}`, `${CHAP},${SIGN}`]) {
    const { received, text } = await radclient(server.authPort, 'auth', packet)
    assert.equal(received?.kind, 'Access-Accept', text)
    const [first, ...others] = received.attributes
    assert.match(first ?? '', /^Message-Authenticator = 0x/)
    assert.deepEqual(others, [
      'Session-Timeout = 3600',
      'Class = 0x6772616e742e746f6b656e',
      'Port-Limit = 2',
      'Acct-Interim-Interval = 300',
      'Mikrotik-Total-Limit = 705032704',
      'Mikrotik-Total-Limit-Gigawords = 1',
      'Mikrotik-Rate-Limit = "1000k/4000k"',
    ])
  }
})

test('radclient: a reject begins with Message-Authenticator and carries the message', needs('radclient'), async (t) => {
  const { server } = await openRadiusHouse(t)
  for (const packet of [`${NAMES},User-Password=wrong`, `${NAMES},CHAP-Password=wrong,${SIGN}`]) {
    const { received, text } = await radclient(server.authPort, 'auth', packet)
    assert.equal(received?.kind, 'Access-Reject', text)
    assert.match(received.attributes[0] ?? '', /^Message-Authenticator = 0x/)
    assert.deepEqual(received.attributes.slice(1), ['Reply-Message = "Wrong code."'])
  }
})

test('radclient: Start, Interim-Update and Stop, signed and not', needs('radclient'), async (t) => {
  const { server, records } = await openRadiusHouse(t)
  const session = `${NAMES},Acct-Session-Id=80a00001,Framed-IP-Address=10.5.50.9,Class=0x6772616e742e746f6b656e`
  const counted = 'Acct-Session-Time=60,Acct-Input-Octets=7,Acct-Input-Gigawords=1,Acct-Output-Octets=9'
  for (const packet of [
    `${session},Acct-Status-Type=Start`,
    `${session},Acct-Status-Type=Interim-Update,${counted},${SIGN}`,
    `${session},Acct-Status-Type=Stop,${counted},Acct-Terminate-Cause=Session-Timeout`,
  ]) {
    const { received, text } = await radclient(server.acctPort, 'acct', packet)
    assert.equal(received?.kind, 'Accounting-Response', text)
  }
  assert.deepEqual(
    records.map(({ status, inputBytes, terminateCause }) => ({ status, inputBytes, terminateCause })),
    [
      { status: 'start', inputBytes: 0, terminateCause: undefined },
      { status: 'interim', inputBytes: 2 ** 32 + 7, terminateCause: undefined },
      { status: 'stop', inputBytes: 2 ** 32 + 7, terminateCause: 5 },
    ],
  )
  assert.equal(records[2]?.classToken, 'grant.token')
})

test('radclient: Status-Server on both ports', needs('radclient'), async (t) => {
  const { server } = await openRadiusHouse(t)
  const auth = await radclient(server.authPort, 'status', SIGN)
  assert.equal(auth.received?.kind, 'Access-Accept', auth.text)
  const acct = await radclient(server.acctPort, 'status', SIGN)
  assert.equal(acct.received?.kind, 'Accounting-Response', acct.text)
})

test('radclient: with another secret nothing is answered', needs('radclient'), async (t) => {
  const { server, records, logins } = await openRadiusHouse(t)
  const access = await radclient(server.authPort, 'auth', `${PAP},${SIGN}`, 'another')
  const account = await radclient(server.acctPort, 'acct', `${NAMES},Acct-Status-Type=Start`, 'another')
  for (const { received, text } of [access, account]) {
    assert.equal(received, undefined)
    assert.match(text, /No reply/)
  }
  assert.deepEqual([records.length, logins.length], [0, 0])
  assert.equal(server.counters.wrongSecret, 2)
})

test('radclient: Proxy-State comes back in its order', needs('radclient'), async (t) => {
  const { server } = await openRadiusHouse(t)
  const { received, text } = await radclient(
    server.authPort,
    'auth',
    `${PAP},${SIGN},Proxy-State=0x01,Proxy-State=0x02`,
  )
  assert.deepEqual(received?.attributes.slice(-2), ['Proxy-State = 0x01', 'Proxy-State = 0x02'], text)
})
