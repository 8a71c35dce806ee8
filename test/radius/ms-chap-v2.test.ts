import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { md4 } from '../../src/radius/md4.ts'
import { mppeKeys } from '../../src/radius/mppe.ts'
import { hidePassword, sealAccessRequest } from '../../src/simulators/router/nas/authenticity.ts'
import { ofVendor, type Packet, text, valuesOf, vendorSpecific } from '../../src/simulators/router/nas/packet.ts'
import { openPlug, openRadiusHouse, SECRET } from './radius-house.ts'

const MICROSOFT = 311
const hex = (digits: string) => Buffer.from(digits, 'hex')

/** The worked example of RFC 2759 section 9.2 and RFC 3079 section 3.5.3. */
const EXAMPLE = {
  username: 'User',
  password: 'clientPass',
  challenge: hex('5b5d7c7d7b3f2f3e3c2c602132262628'),
  peerChallenge: hex('21402324255e262a28295f2b3a337c7e'),
  ntResponse: hex('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df'),
  success: 'S=407A5589115FD0D6209F510FE9C04566932CDA56',
  recvKey: hex('d5f0e9521e3ea9589645e86051c82226'),
  sendKey: hex('8b7cdc149b993a1ba118cb153f56dccb'),
}

const AUTHENTICATOR = hex('000102030405060708090a0b0c0d0e0f')

function request(id: number, { username = EXAMPLE.username, ntResponse = EXAMPLE.ntResponse } = {}): Buffer {
  const response = Buffer.concat([Buffer.of(0x5a, 0), EXAMPLE.peerChallenge, Buffer.alloc(8), ntResponse])
  const attributes = [
    text(1, username),
    vendorSpecific(MICROSOFT, { type: 11, value: EXAMPLE.challenge }),
    vendorSpecific(MICROSOFT, { type: 25, value: response }),
  ]
  return sealAccessRequest({ code: 1, id, authenticator: AUTHENTICATOR, attributes }, SECRET, true)
}

async function setup(t: Parameters<typeof openRadiusHouse>[0]) {
  const house = await openRadiusHouse(t)
  house.hands.authorize = (login) =>
    login.matches(EXAMPLE.password)
      ? { outcome: 'accept', sessionTimeoutSeconds: 60, classToken: 'token', portLimit: 1 }
      : { outcome: 'reject', refusal: 'wrong-code' }
  return openPlug(t, house.server.authPort)
}

/** Salt-hidden keys are User-Password's scheme with authenticator and salt as its first vector. */
function revealKey(reply: Packet, type: number): Buffer {
  const [value] = valuesOf(ofVendor(reply, MICROSOFT), type)
  assert.ok(value)
  assert.equal(value.length, 34)
  assert.ok(value.readUInt8(0) & 0x80)
  const first = createHash('md5').update(SECRET).update(AUTHENTICATOR).update(value.subarray(0, 2)).digest()
  const second = createHash('md5').update(SECRET).update(value.subarray(2, 18)).digest()
  const clear = Buffer.from(value.subarray(2).map((octet, i) => octet ^ Buffer.concat([first, second]).readUInt8(i)))
  assert.equal(clear[0], 16)
  return clear.subarray(1, 17)
}

test('MD4 has the values of RFC 1320', () => {
  const values = {
    '': '31d6cfe0d16ae931b73c59d7e0c089c0',
    a: 'bde52cb31de33e46245e05fbdbd6fb24',
    abc: 'a448017aaf21d8525fc10ae87aa6729d',
    'message digest': 'd9130a8164549fe818874806e1c7014b',
    abcdefghijklmnopqrstuvwxyz: 'd79e1c308aa5bbcdeea8ed63df412da9',
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789: '043f8582f241db351ce627e153e7f0e4',
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890':
      'e33b4ddc9c38f2199c3e7b164fcc0536',
  }
  for (const [message, digest] of Object.entries(values)) {
    assert.equal(md4(Buffer.from(message)).toString('hex'), digest, message)
  }
})

test('the keys of RFC 3079 section 3.5.3', () => {
  const hashOfNtHash = md4(md4(Buffer.from(EXAMPLE.password, 'utf16le')))
  const { receive, send } = mppeKeys(hashOfNtHash, EXAMPLE.ntResponse)
  assert.deepEqual([receive, send], [EXAMPLE.recvKey, EXAMPLE.sendKey])
})

test('an accept proves that we know the password, and brings the keys', async (t) => {
  const plug = await setup(t)
  const accept = await plug.ask(request(1))
  assert.equal(accept.code, 2)
  const microsoft = ofVendor(accept, MICROSOFT)
  assert.deepEqual(valuesOf(microsoft, 26)[0], Buffer.concat([Buffer.of(0x5a), Buffer.from(EXAMPLE.success)]))
  assert.deepEqual(revealKey(accept, 17), EXAMPLE.recvKey)
  assert.deepEqual(revealKey(accept, 16), EXAMPLE.sendKey)
  assert.notDeepEqual(valuesOf(microsoft, 16)[0]?.subarray(0, 2), valuesOf(microsoft, 17)[0]?.subarray(0, 2))
  assert.equal(valuesOf(microsoft, 7).length + valuesOf(microsoft, 8).length, 2)
})

test('the domain in front of the name does not count', async (t) => {
  const plug = await setup(t)
  assert.equal((await plug.ask(request(1, { username: 'SITE\\User' }))).code, 2)
})

test('a reject says so in MS-CHAP-Error, and brings no key', async (t) => {
  const plug = await setup(t)
  const wrong = Buffer.from(EXAMPLE.ntResponse)
  wrong.writeUInt8(wrong.readUInt8(23) ^ 1, 23)
  const reject = await plug.ask(request(1, { ntResponse: wrong }))
  assert.equal(reject.code, 3)
  const microsoft = ofVendor(reject, MICROSOFT)
  assert.deepEqual(
    microsoft.map(({ type }) => type),
    [2],
  )
  const [error] = valuesOf(microsoft, 2)
  assert.equal(error?.[0], 0x5a)
  assert.match(error?.toString('latin1', 1) ?? '', /^E=691 R=1 C=[0-9A-F]{32} V=3$/)
})

test('a password of PAP beside it is one too many', async (t) => {
  const plug = await setup(t)
  const pap = { type: 2, value: hidePassword(EXAMPLE.password, AUTHENTICATOR, SECRET) }
  const response = Buffer.concat([Buffer.of(1, 0), EXAMPLE.peerChallenge, Buffer.alloc(8), EXAMPLE.ntResponse])
  const attributes = [
    text(1, EXAMPLE.username),
    pap,
    vendorSpecific(MICROSOFT, { type: 11, value: EXAMPLE.challenge }),
    vendorSpecific(MICROSOFT, { type: 25, value: response }),
  ]
  const both = sealAccessRequest({ code: 1, id: 1, authenticator: AUTHENTICATOR, attributes }, SECRET, true)
  assert.equal((await plug.ask(both)).code, 3)
})
