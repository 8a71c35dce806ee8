import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SendWindow } from '../../src/cloud/send-window.ts'

/** Three batches of ten entries after 100, sent at 0. */
function sent(ack: 'broker' | 'end-to-end') {
  const window = new SendWindow({ ackedSeq: 100, ack })
  const add = (firstSeq: number) => window.add({ firstSeq, lastSeq: firstSeq + 9 }, 0)
  return { window, first: add(101), second: add(111), third: add(121) }
}

describe('ack = broker', () => {
  it('moves only over what was acknowledged without a gap', () => {
    const { window, first, second, third } = sent('broker')
    window.taken(second, 1)
    window.taken(third, 1)
    assert.equal(window.ackedSeq, 100)
    window.taken(first, 1)
    assert.equal(window.ackedSeq, 130)
    assert.equal(window.size, 0)
  })

  it('sends a refused batch again, later and later, and nothing new before it is taken', () => {
    const { window, first } = sent('broker')
    const waits: number[] = []
    for (let sends = 1; sends <= 9; sends++) {
      window.refused(first, 0)
      assert.equal(window.isRefused, true)
      assert.equal(window.waiting, first)
      waits.push(window.waitMs(first, 0))
      window.resent(first, 0)
    }
    assert.deepEqual(waits, [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000, 300_000])
    window.taken(first, 1)
    assert.equal(window.isRefused, false)
    assert.equal(window.ackedSeq, 110)
  })
})

describe('ack = end-to-end', () => {
  it('takes a PUBACK for what it is: the cloud has nothing yet', () => {
    const { window, first, second, third } = sent('end-to-end')
    for (const batch of [first, second, third]) window.taken(batch, 1)
    assert.equal(window.ackedSeq, 100)
    assert.equal(window.size, 3)
    window.confirmed(120, 2)
    assert.equal(window.ackedSeq, 120)
    assert.equal(window.size, 1)
  })

  it('believes no word about what was never sent', () => {
    const { window } = sent('end-to-end')
    assert.equal(window.confirmed(131, 1), false)
    assert.equal(window.ackedSeq, 100)
  })

  it('counts a word from the middle of a batch, and still sends that batch again with its own range', () => {
    const { window, first } = sent('end-to-end')
    window.taken(first, 1)
    assert.equal(window.confirmed(105, 2), true)
    assert.equal(window.ackedSeq, 105)
    assert.deepEqual([window.waiting?.firstSeq, window.waiting?.lastSeq], [101, 110])
  })

  it('never moves back', () => {
    const { window } = sent('end-to-end')
    window.confirmed(120, 1)
    assert.equal(window.confirmed(101, 2), true)
    assert.equal(window.ackedSeq, 120)
  })

  it('takes the word about an earlier link, and goes on behind it', () => {
    const { window } = sent('end-to-end')
    window.reset()
    assert.equal(window.sentSeq, 100)
    assert.equal(window.confirmed(130, 5), true)
    assert.equal(window.sentSeq, 130)
    assert.equal(window.ackedSeq, 130)
  })

  it('waits four round trips before it sends again, at least 5 s', () => {
    const { window, first, second } = sent('end-to-end')
    window.taken(second, 10)
    assert.equal(window.waitMs(second, 10), 5_000)
    window.taken(first, 10)
    window.confirmed(110, 4_000)
    window.resent(second, 4_000)
    window.taken(second, 4_000)
    assert.equal(window.waitMs(second, 4_000), 2 * 4 * 4_000)
  })

  it('does not wait for ever when the wall clock is set back', () => {
    const window = new SendWindow({ ackedSeq: 0, ack: 'end-to-end' })
    const batch = window.add({ firstSeq: 1, lastSeq: 1 }, 1_000_000)
    window.taken(batch, 1_000_000)
    assert.equal(window.waitMs(batch, 500_000), 0)
  })

  it('does not take a clock that was set forward for a long way to the cloud', () => {
    const { window, second } = sent('end-to-end')
    window.confirmed(110, 86_400_000)
    window.taken(second, 0)
    assert.ok(window.waitMs(second, 0) <= 300_000)
  })
})

it('everything that is not in the cloud is sent again after the link is lost', () => {
  const { window, first, second, third } = sent('broker')
  window.taken(first, 1)
  window.taken(third, 1)
  window.reset()
  assert.equal(window.sentSeq, 110)
  window.taken(second, 2)
  assert.equal(window.ackedSeq, 110)
})
