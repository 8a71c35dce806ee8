import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { md5, row } from '../../src/radius/md5.ts'

const LENGTHS = [...Array(200).keys(), 4_096, 8_063, 8_064, 8_119, 8_120, 8_191, 8_192, 8_193, 20_000]

test('MD5 of every length is OpenSSL’s, in one part or several', () => {
  for (const length of LENGTHS) {
    const octets = randomBytes(length)
    const expected = createHash('md5').update(octets).digest()
    const cut = Math.floor(length / 3)
    assert.deepEqual(md5(octets), expected, `${length} octets`)
    assert.deepEqual(md5(octets.subarray(0, cut), octets.subarray(cut)), expected, `${length} octets in two parts`)
  }
  assert.equal(md5().toString('hex'), 'd41d8cd98f00b204e9800998ecf8427e')
})

test('HMAC-MD5 is OpenSSL’s, also with a long key and one that is used again', () => {
  for (const keyLength of [0, 1, 15, 63, 64, 65, 200]) {
    const key = randomBytes(keyLength)
    for (const length of LENGTHS) {
      const octets = randomBytes(length)
      const digest = Buffer.alloc(20, 0xaa)
      row(octets).hmacInto(key, digest, 2)
      const expected = createHmac('md5', key).update(octets).digest()
      assert.deepEqual(digest, Buffer.concat([Buffer.of(0xaa, 0xaa), expected, Buffer.of(0xaa, 0xaa)]))
    }
  }
})

test('a digest is known again where it stands, and one with a single other bit is not', () => {
  const packet = randomBytes(100)
  const key = randomBytes(15)
  const text = 'José'
  const seen = Buffer.concat([packet.subarray(10, 20), Buffer.from(text), packet.subarray(0, 7)])
  createHash('md5').update(seen).digest().copy(packet, 40)
  createHmac('md5', key).update(seen).digest().copy(packet, 60)
  const isMd5 = () => row(packet, 10, 20).andText(text).and(packet, 0, 7).isMd5At(packet, 40)
  const isHmac = () => row(packet, 10, 20).andText(text).and(packet, 0, 7).isHmacAt(key, packet, 60)
  assert.deepEqual([isMd5(), isHmac()], [true, true])
  for (let bit = 0; bit < 128; bit += 1) {
    const flip = (from: number) => {
      packet[from + (bit >> 3)] = (packet[from + (bit >> 3)] as number) ^ (1 << (bit & 7))
    }
    flip(40)
    flip(60)
    assert.deepEqual([isMd5(), isHmac()], [false, false], `bit ${bit}`)
    flip(40)
    flip(60)
  }
})
