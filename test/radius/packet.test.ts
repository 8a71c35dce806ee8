import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  integer,
  integerOf,
  octets,
  text,
  textOf,
  vendorOctetsOf,
  vendorText,
} from '../../src/radius/attribute-values.ts'
import { ATTRIBUTE, CODE, MIKROTIK } from '../../src/radius/attributes.ts'
import { type NewAttribute, readPacket, writePacket } from '../../src/radius/packet.ts'

const written = (...attributes: NewAttribute[]) => writePacket(CODE.accessAccept, 7, [attributes], Buffer.alloc(16, 5))
function readBack(...attributes: NewAttribute[]) {
  const packet = readPacket(written(...attributes) ?? Buffer.alloc(0))
  assert.ok(packet)
  return packet
}

test('what is written is read again', () => {
  const packet = readBack(
    text(ATTRIBUTE.replyMessage, 'Karibu, José'),
    integer(ATTRIBUTE.sessionTimeout, 3_600),
    vendorText(MIKROTIK.rateLimit, '2000k/8000k'),
    octets(ATTRIBUTE.class, Buffer.from([0, 255])),
  )
  assert.deepEqual([packet.code, packet.id, packet.authenticator], [CODE.accessAccept, 7, Buffer.alloc(16, 5)])
  assert.equal(textOf(packet, ATTRIBUTE.replyMessage), 'Karibu, José')
  assert.equal(integerOf(packet, ATTRIBUTE.sessionTimeout), 3_600)
  assert.equal(vendorOctetsOf(packet, MIKROTIK.rateLimit)?.toString(), '2000k/8000k')
  assert.deepEqual(
    packet.attributes.map(({ type, value }) => [type, value.length]),
    [
      [ATTRIBUTE.replyMessage, 13],
      [ATTRIBUTE.sessionTimeout, 4],
      [ATTRIBUTE.vendorSpecific, 17],
      [ATTRIBUTE.class, 2],
    ],
  )
})

test('a number that does not fit becomes the largest or the smallest that does', () => {
  assert.equal(integerOf(readBack(integer(ATTRIBUTE.sessionTimeout, 2 ** 40)), ATTRIBUTE.sessionTimeout), 2 ** 32 - 1)
  assert.equal(integerOf(readBack(integer(ATTRIBUTE.sessionTimeout, -1)), ATTRIBUTE.sessionTimeout), 0)
  assert.equal(integerOf(readBack(integer(ATTRIBUTE.sessionTimeout, 1.9)), ATTRIBUTE.sessionTimeout), 1)
})

test('a text that is too long is cut between two characters', () => {
  const packet = readBack(text(ATTRIBUTE.replyMessage, `${'a'.repeat(252)}éé`))
  assert.equal(textOf(packet, ATTRIBUTE.replyMessage), 'a'.repeat(252))
})

test('the name of a thing that a router has is never cut', () => {
  assert.ok(written(vendorText(MIKROTIK.group, 'g'.repeat(247))))
  assert.equal(written(vendorText(MIKROTIK.group, 'g'.repeat(248))), undefined)
  assert.equal(written(vendorText(MIKROTIK.group, `${'g'.repeat(246)}é`)), undefined)
})

test('a packet is as long as one may be, and no longer', () => {
  const most = Array.from({ length: 15 }, () => octets(ATTRIBUTE.proxyState, Buffer.alloc(253)))
  const rest = (length: number) => octets(ATTRIBUTE.proxyState, Buffer.alloc(length))
  assert.equal(written(...most, rest(249))?.length, 4_096)
  assert.equal(written(...most, rest(250)), undefined)
  assert.equal(written(...most, ...most), undefined)
  assert.equal(written(rest(254)), undefined)
})
