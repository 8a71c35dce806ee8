import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { island, viewOf } from '../../../portal/customer/island.ts'
import { openFakeBrowser } from './fake-browser.ts'

const body = { events: '/events', status: '/status', view: 'waiting', elapsed: '0' }
const PAGE = 'http://wifi.test/w/1/t?l=en'

describe('the island', () => {
  it('stays on the waiting page through every state that means waiting', () => {
    const browser = openFakeBrowser({ body })
    assert.equal(browser.stream?.url, '/events')
    for (const status of ['created', 'submitting', 'prompted', 'uncertain']) browser.tell({ status, access: null })
    browser.pass(60_000)
    assert.deepEqual(browser.wentTo, [])
  })

  it('asks every 30 s beside a stream that speaks: a box that lost its power says no goodbye', () => {
    const browser = openFakeBrowser({ body })
    browser.tell({ status: 'prompted', access: null })
    browser.pass(29_999)
    assert.equal(browser.asked.length, 0)
    browser.pass(1)
    browser.pass(30_000)
    assert.deepEqual(
      browser.asked.map(({ url }) => url),
      ['/status', '/status'],
    )
    browser.asked[1]?.answer(200, '{"status":"fulfilled","access":{"online":true}}')
    browser.pass(0)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('does not ask while nobody looks, and takes a question that has no answer in 10 s for a broken stream', () => {
    const browser = openFakeBrowser({ body })
    browser.tell({ status: 'prompted', access: null })
    browser.document.hidden = true
    browser.pass(60_000)
    assert.equal(browser.asked.length, 0)
    browser.document.hidden = false
    browser.happen('visibilitychange')
    assert.equal(browser.asked[0]?.timeoutMs(), 10_000)
    browser.asked[0]?.fail()
    assert.equal(browser.stream?.closed, true)
    browser.pass(2_500)
    assert.equal(browser.asked.length, 3)
  })

  it('opens the page anew, by a full navigation, when there is something else to see', () => {
    const browser = openFakeBrowser({ body })
    browser.pass(5_000)
    browser.tell({ status: 'paid', access: null })
    browser.pass(0)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('agrees with the server about what is a new view', () => {
    const statuses = ['created', 'prompted', 'paid', 'fulfilled', 'declined', 'expired']
    for (const status of statuses) {
      for (const access of [
        null,
        { online: false, data_low: true },
        { online: true },
        { online: true, data_low: true },
      ]) {
        for (const provisional_until of [undefined, '2026-05-04T11:05:00Z']) {
          const told = { status, access, provisional_until }
          const browser = openFakeBrowser({ body: { ...body, view: viewOf(told) } })
          browser.tell(told)
          browser.pass(10_000)
          assert.deepEqual(browser.wentTo, [], JSON.stringify(told))
        }
      }
    }
    const browser = openFakeBrowser({ body: { ...body, view: viewOf({ status: 'fulfilled' }) } })
    browser.tell({ status: 'fulfilled', access: { online: true } })
    browser.pass(1_000)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('opens the page anew when little data is left, and says so there', () => {
    const browser = openFakeBrowser({ body: { ...body, view: viewOf({ status: 'open', access: { online: true } }) } })
    browser.tell({ status: 'open', access: { online: true, data_low: true } })
    browser.pass(1_000)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('navigates once, and not in the first second', () => {
    const browser = openFakeBrowser({ body })
    browser.pass(200)
    browser.tell({ status: 'paid' })
    browser.tell({ status: 'fulfilled' })
    browser.pass(799)
    assert.deepEqual(browser.wentTo, [])
    browser.pass(60_000)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('asks every 2.5 s where there are no event streams', () => {
    const browser = openFakeBrowser({ body, eventSource: false })
    assert.deepEqual(
      browser.asked.map(({ url }) => url),
      ['/status'],
    )
    browser.pass(2_500)
    assert.equal(browser.asked.length, 2)
    browser.asked[1]?.answer(200, '{"status":"declined","access":null}')
    browser.pass(1_000)
    assert.deepEqual(browser.wentTo, [PAGE])
  })

  it('asks when the stream breaks, and when it says nothing for 4 s', () => {
    const broken = openFakeBrowser({ body })
    broken.stream?.onerror?.()
    assert.equal(broken.stream?.closed, true)
    assert.equal(broken.asked.length, 1)
    const silent = openFakeBrowser({ body })
    silent.pass(3_999)
    assert.equal(silent.asked.length, 0)
    silent.pass(1)
    assert.equal(silent.asked.length, 1)
    silent.stream?.onerror?.()
    silent.pass(2_500)
    assert.equal(silent.asked.length, 2)
  })

  it('asks again when the page comes back to the front or out of the cache', () => {
    const browser = openFakeBrowser({ body })
    browser.document.hidden = true
    browser.happen('visibilitychange')
    assert.equal(browser.asked.length, 0)
    browser.document.hidden = false
    browser.happen('visibilitychange')
    browser.happen('pageshow', { persisted: false })
    browser.happen('pageshow', { persisted: true })
    assert.equal(browser.asked.length, 2)
  })

  it('takes nothing from an answer that is not one', () => {
    const browser = openFakeBrowser({ body, eventSource: false })
    browser.asked[0]?.answer(503, '{"status":503,"code":"store-unavailable"}')
    browser.pass(10_000)
    assert.deepEqual(browser.wentTo, [])
  })

  it('shows the text for the time waited since the payment was asked for', () => {
    const browser = openFakeBrowser({ body: { ...body, elapsed: '1' }, phases: [0, 2, 15, 60, 180] })
    const seen = [0, 1, 13, 45, 120].map((seconds) => {
      browser.pass(seconds * 1000)
      return browser.shown()
    })
    assert.deepEqual(seen, [[0], [1], [2], [3], [4]])
  })

  it('leaves a single text alone, whenever its time is', () => {
    const browser = openFakeBrowser({ body, phases: [180] })
    browser.pass(5_000)
    assert.deepEqual(browser.shown(), [0])
  })

  it('sends the form when its time has come, once, and goes on listening', () => {
    const browser = openFakeBrowser({ body, formAfter: 3 })
    browser.pass(60_000)
    assert.deepEqual(browser.sent, [3_000])
    browser.tell({ status: 'fulfilled', access: { online: true } })
    browser.pass(0)
    assert.equal(browser.wentTo.length, 1)
  })

  it('sends no form when the page is about to go', () => {
    const browser = openFakeBrowser({ body, formAfter: 1 })
    browser.pass(999)
    browser.tell({ status: 'fulfilled', access: { online: true } })
    browser.pass(1)
    assert.deepEqual([browser.sent, browser.wentTo.length], [[], 1])
  })

  it('goes on to the second navigation after a second, and does nothing else', () => {
    const browser = openFakeBrowser({ body: { next: '/w/1/t?l=en&n=1' } })
    browser.pass(999)
    assert.deepEqual(browser.wentTo, [])
    browser.pass(60_000)
    assert.deepEqual(browser.wentTo, ['/w/1/t?l=en&n=1'])
    assert.equal(browser.stream, undefined)
    assert.equal(browser.asked.length, 0)
  })

  it('is ES5: nothing that a WebView of Android 4.4 cannot read', () => {
    const code = island.replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    assert.doesNotMatch(
      code,
      /\b(let|const|class|async|await|yield|of|import|export|super)\b|=>|`|\.\.\.|\*\*|\?\.|\?\?/,
    )
    assert.doesNotMatch(code, /\bfunction\s*\*|,\s*[)\]}]/, 'generators and trailing commas')
    assert.doesNotMatch(island, /fetch|Storage|includes|assign|startsWith|forEach|closest|matches|append\(|remove\(/)
    assert.doesNotMatch(island, /[^\x20-\x7e]/)
  })
})
