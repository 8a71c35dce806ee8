import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRequest, isAuthenticReply, sealReply } from '../../src/radius/authenticity.ts'
import { chap } from '../../src/radius/chap.ts'
import { readPacket } from '../../src/radius/packet.ts'
import { pap } from '../../src/radius/pap.ts'

const SECRET = Buffer.from('xyzzy5461')

function packet(hex: string) {
  const read = readPacket(Buffer.from(hex.replace(/\s/g, ''), 'hex'))
  assert.ok(read)
  return read
}

/** The reply of the example, made again from its request, has the same octets. */
function assertReplies(request: ReturnType<typeof packet>, hex: string) {
  const reply = packet(hex)
  const { code, attributes } = reply
  assert.deepEqual(sealReply(request, { code, attributes, signed: false }, SECRET), reply.bytes)
  assert.equal(isAuthenticReply(reply, request.bytes, SECRET), true)
  assert.equal(isAuthenticReply(reply, request.bytes, Buffer.from('another')), false)
}

test('RFC 2865 section 7.1: PAP', () => {
  const request = packet(`01 00 00 38 0f 40 3f 94 73 97 80 57 bd 83 d5 cb 98 f4 22 7a 01 06 6e 65 6d 6f 02 12 0d be
    70 8d 93 d4 13 ce 31 96 e4 3f 78 2a 0a ee 04 06 c0 a8 01 10 05 06 00 00 00 03`)
  const proof = pap({ packet: request, username: 'nemo', secret: SECRET })
  assert.equal(proof?.matches('arctangent'), true)
  assert.equal(proof?.matches('arctangen'), false)
  assertReplies(
    request,
    `02 00 00 26 86 fe 22 0e 76 24 ba 2a 10 05 f6 bf 9b 55 e0 b2 06 06 00 00 00 01 0f 06 00 00 00 00 0e 06 c0 a8 01 03`,
  )
})

test('RFC 2865 section 7.2: CHAP', () => {
  const request = packet(`01 01 00 47 2a ee 86 f0 8d 0d 55 96 9c a5 97 8e 0d 33 67 a2 01 08 66 6c 6f 70 73 79 03 13
    16 e9 75 57 c3 16 18 58 95 f2 93 ff 63 44 07 72 75 04 06 c0 a8 01 10 05 06 00 00 00 14 06 06 00 00 00 02 07 06 00
    00 00 01`)
  const proof = chap({ packet: request, username: 'flopsy', secret: SECRET })
  assert.equal(proof?.matches('arctangent'), true)
  assert.equal(proof?.matches('Arctangent'), false)
  assertReplies(
    request,
    `02 01 00 38 15 ef bc 7d ab 26 cf a3 dc 34 d9 c0 3c 86 01 a4 06 06 00 00 00 02 07 06 00 00 00 01 08 06 ff ff ff fe
    0a 06 00 00 00 02 0d 06 00 00 00 01 0c 06 00 00 05 dc`,
  )
})

test('RFC 5997 section 6.1: Status-Server', () => {
  const request = packet(`0c da 00 26 8a 54 f4 68 6f b3 94 c5 28 66 e3 02 18 5d 06 23 50 12 5a 66 5e 2e 1e 84 11 f3 e2
    43 82 20 97 c8 4f a3`)
  assert.equal(checkRequest(request, SECRET), 'authentic')
  assert.equal(checkRequest(request, Buffer.from('another')), 'forged')
  assertReplies(request, '02 da 00 14 ef 0d 55 2a 4b f2 d6 93 ec 2b 6f e8 b5 41 1d 66')
})
