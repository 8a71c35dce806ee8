import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suspendSubscription } from '../../src/access/subscription-desk.ts'
import { connectionTermsOf } from '../../src/access/told-terms.ts'
import { openSubscriber } from '../access/subscriber.ts'
import { openRadiusHouse, PHONE, SECRET, USER } from '../radius/radius-house.ts'
import { openSiteInOne } from '../radius/site-in-one.ts'
import { needs, run } from './radius-peer.ts'

const SIGN = 'Message-Authenticator=0x00'
const NAMES = `User-Name=${USER.username},Calling-Station-Id=${PHONE},NAS-IP-Address=127.0.0.1`
const PAP = `${NAMES},User-Password="${USER.password}"`
/** RFC 2759 section 9.2. */
const CHALLENGE = '5b5d7c7d7b3f2f3e3c2c602132262628'
const PEER_CHALLENGE = '21402324255e262a28295f2b3a337c7e'
const NT_RESPONSE = '82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df'
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

test('radclient: what a connection has of its own goes out in the answer', needs('radclient'), async (t) => {
  const { rooms, server, routerId } = await openSiteInOne(t)
  const terms = { framedPool: 'homes', routerGroup: 'gold', addressList: 'paid', suspendedAddressList: 'walled' }
  const network = { ...connectionTermsOf(rooms.db, ''), ...terms, framedIpAddress: '10.9.0.7' }
  const paidUntilMs = rooms.clock.nowMs() + 3_600_000
  const subscriber = openSubscriber(rooms, { routerId, network, paidUntilMs })
  const { username, password } = subscriber.grant()
  const ask = async () => {
    const packet = `User-Name=${username},User-Password=${password},Calling-Station-Id=${PHONE},${SIGN}`
    const { received, text } = await radclient(server.authPort, 'auth', packet)
    assert.equal(received?.kind, 'Access-Accept', text)
    return received.attributes.filter((attribute) => /Framed|Group|List/.test(attribute))
  }
  const own = ['Framed-IP-Address = 10.9.0.7', 'Framed-Pool = "homes"', 'Mikrotik-Group = "gold"']
  assert.deepEqual(await ask(), [...own, 'Mikrotik-Address-List = "paid"'])
  rooms.run(suspendSubscription, { subscriptionId: subscriber.subscriptionId, reason: 'asked for it' })
  assert.deepEqual(await ask(), [...own, 'Mikrotik-Address-List = "walled"'])
})

test('radclient: a reject begins with Message-Authenticator and carries the message', needs('radclient'), async (t) => {
  const { server } = await openRadiusHouse(t)
  for (const packet of [`${NAMES},User-Password=wrong`, `${NAMES},CHAP-Password=wrong,${SIGN}`]) {
    const { received, text } = await radclient(server.authPort, 'auth', packet)
    assert.equal(received?.kind, 'Access-Reject', text)
    assert.match(received.attributes[0] ?? '', /^Message-Authenticator = 0x/)
    assert.deepEqual(received.attributes.slice(1), ['Reply-Message = "Wrong code. Check it and try again."'])
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

test('radclient: MS-CHAPv2 is accepted with its keys', needs('radclient'), async (t) => {
  const { server, hands } = await openRadiusHouse(t)
  hands.authorize = (login) =>
    login.matches('clientPass')
      ? { outcome: 'accept', sessionTimeoutSeconds: 60, classToken: 'token', portLimit: 1 }
      : { outcome: 'reject', refusal: 'wrong-code' }
  const response = `0100${PEER_CHALLENGE}${'00'.repeat(8)}${NT_RESPONSE}`
  const packet = `User-Name=User,MS-CHAP-Challenge=0x${CHALLENGE},MS-CHAP2-Response=0x${response},${SIGN}`
  const { received, text } = await radclient(server.authPort, 'auth', packet)
  assert.equal(received?.kind, 'Access-Accept', text)
  const success = Buffer.from('S=407A5589115FD0D6209F510FE9C04566932CDA56').toString('hex')
  for (const line of [
    `MS-CHAP2-Success = 0x01${success}`,
    'MS-MPPE-Recv-Key = 0xd5f0e9521e3ea9589645e86051c82226',
    'MS-MPPE-Send-Key = 0x8b7cdc149b993a1ba118cb153f56dccb',
    'MS-MPPE-Encryption-Policy = Encryption-Allowed',
    'MS-MPPE-Encryption-Types = RC4-40or128-bit-Allowed',
  ]) {
    assert.ok(received.attributes.includes(line), text)
  }
})
