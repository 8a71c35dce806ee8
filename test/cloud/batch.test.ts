import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { packBatch } from '../../src/cloud/batch.ts'
import type { JournalEntry } from '../../src/flow/events.ts'

const FRAME = { siteId: 'site-1', epoch: 'e-1', maximumBytes: 96 * 1024 }

const entries = (count: number, name = (seq: number) => `Router ${seq}`): JournalEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `id-${index + 1}`,
    seq: index + 1,
    type: 'router.registered',
    timeMs: 0,
    data: { routerId: 1, name: name(index + 1) },
  }))

describe('a batch', () => {
  it('says whose it is, of which journal, and from where to where', () => {
    const batch = packBatch(entries(2), FRAME)
    const said = JSON.parse(String(batch?.payload))
    assert.deepEqual(
      { ...said, events: said.events.map(({ seq }: { seq: number }) => seq) },
      {
        schema: 1,
        site: 'site-1',
        epoch: 'e-1',
        first_seq: 1,
        last_seq: 2,
        events: [1, 2],
      },
    )
  })

  it('is plain up to 4 KiB and gzip above', () => {
    assert.equal(packBatch(entries(1), FRAME)?.payload[0], '{'.charCodeAt(0))
    const large = packBatch(entries(500), FRAME)
    assert.deepEqual([large?.payload[0], large?.payload[1]], [0x1f, 0x8b])
    assert.equal(JSON.parse(gunzipSync(large?.payload ?? '').toString()).events.length, 500)
  })

  it('takes fewer entries when they would not fit, from the first one on', () => {
    const noise = entries(500, () => randomBytes(600).toString('base64'))
    const batch = packBatch(noise, FRAME)
    assert.ok(batch && batch.payload.length <= FRAME.maximumBytes)
    assert.equal(batch.firstSeq, 1)
    assert.equal(batch.lastSeq, 125)
  })

  it('of one entry goes out whatever its size, and of none not at all', () => {
    const huge = entries(1, () => randomBytes(200_000).toString('base64'))
    assert.equal(packBatch(huge, FRAME)?.lastSeq, 1)
    assert.equal(packBatch([], FRAME), undefined)
  })
})
