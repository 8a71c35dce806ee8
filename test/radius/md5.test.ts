import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { hmacMd5, md5 } from '../../src/radius/md5.ts'

const LENGTHS = [...Array(200).keys(), 4_096, 8_063, 8_064, 8_065, 20_000]

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
      assert.deepEqual(hmacMd5(key, octets), createHmac('md5', key).update(octets).digest(), `${keyLength}, ${length}`)
    }
  }
})
