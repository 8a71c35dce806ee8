import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeSentence, SentenceReader } from '../../src/routers/routeros-wire.ts'
import { encodeSentence as encodedByRouter } from '../../src/simulators/router/api/words.ts'

const LENGTHS = [1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000]

test('words of every size of length are written as the manual says, and read again', () => {
  for (const length of LENGTHS) {
    const sentence = ['!re', 'x'.repeat(length), '=end=']
    const bytes = encodeSentence(sentence)
    assert.ok(bytes.equals(encodedByRouter(sentence)), `length ${length}`)
    assert.deepEqual(new SentenceReader().read(bytes), [sentence])
  }
})

test('the examples of the manual: 1, 2, 3, 4 and 5 bytes of length', () => {
  const lengthOf = (length: number) =>
    encodeSentence(['x'.repeat(length)])
      .subarray(0, 5)
      .toString('hex')
  assert.equal(lengthOf(0x57).slice(0, 2), '57')
  assert.equal(lengthOf(0x321).slice(0, 4), '8321')
  assert.equal(lengthOf(0x8765).slice(0, 6), 'c08765')
  assert.equal(lengthOf(0x33_4455).slice(0, 8), 'e0334455')
  assert.equal(lengthOf(0x1000_0000), 'f010000000')
})

test('a split at any byte changes nothing, within a length, a letter or the end', () => {
  const sentences = [
    ['!re', `=name=${'ũ🌍'.repeat(40)}`, `=comment=${'y'.repeat(0x4001)}`],
    ['!done', '.tag=a'],
  ]
  const bytes = Buffer.concat([...sentences.map((words) => encodeSentence(words)), Buffer.of(0)])
  for (let at = 0; at <= bytes.length; at += at > 400 && at < bytes.length - 40 ? 97 : 1) {
    const reader = new SentenceReader()
    assert.deepEqual([...reader.read(bytes.subarray(0, at)), ...reader.read(bytes.subarray(at))], sentences, `at ${at}`)
  }
})

test('what cannot be a length is told at once, not waited for', () => {
  for (const bytes of [Buffer.of(0xf8), Buffer.of(0xff, 0x00), Buffer.of(0xf0, 0x7f, 0xff, 0xff, 0xff)]) {
    assert.throws(() => new SentenceReader().read(bytes), RangeError)
  }
})
