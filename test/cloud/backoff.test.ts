import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { backoffMs } from '../../src/cloud/backoff.ts'
import { type LinkEnd, linkEndOf } from '../../src/cloud/link-end.ts'

const range = (failures: number, kind: LinkEnd['kind']) => [
  backoffMs(failures, kind, () => 0),
  backoffMs(failures, kind, () => 1),
]
const coded = (code: unknown) => linkEndOf(Object.assign(new Error('no'), { code })).kind

describe('the wait before the next attempt', () => {
  it('is spread over a range that doubles, from 1 s up to 5 minutes', () => {
    assert.deepEqual(
      [1, 2, 3].map((failures) => range(failures, 'lost')),
      [
        [1_000, 4_000],
        [1_000, 8_000],
        [1_000, 16_000],
      ],
    )
    assert.deepEqual(range(8, 'lost'), [1_000, 300_000])
    assert.deepEqual(range(5_000, 'lost'), [1_000, 300_000])
  })

  it('may grow to 15 minutes when the broker does not want us, and stays short when our clock is wrong', () => {
    assert.deepEqual(range(50, 'refused'), [1_000, 900_000])
    assert.deepEqual(range(50, 'clock'), [1_000, 60_000])
  })
})

describe('the end of a link', () => {
  it('is a refusal when the broker names our credentials, in MQTT 3.1.1 or 5, or its TLS does', () => {
    for (const code of [
      2,
      4,
      5,
      133,
      134,
      135,
      138,
      140,
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    ]) {
      assert.equal(coded(code), 'refused', String(code))
    }
  })

  it('is about the clock when a certificate is not yet or no longer valid', () => {
    assert.equal(coded('CERT_NOT_YET_VALID'), 'clock')
    assert.equal(coded('CERT_HAS_EXPIRED'), 'clock')
  })

  it('is about the version when the broker cannot read our CONNECT', () => {
    assert.equal(coded(1), 'version')
    assert.equal(coded(132), 'version')
  })

  it('is a loss for everything that may be different the next time', () => {
    for (const code of [3, 136, 137, 159, 'ECONNREFUSED', 'ENOTFOUND', 'SELF_SIGNED_CERT_IN_CHAIN', undefined]) {
      assert.equal(coded(code), 'lost', String(code))
    }
  })

  it('has a reason even when the error has no message', () => {
    assert.equal(linkEndOf(Object.assign(new Error(''), { code: 'ECONNREFUSED' })).reason, 'ECONNREFUSED')
  })
})
