import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readableCode } from '../../portal/code-format.ts'
import { spanOf } from '../../portal/console/span.ts'
import { packageDuration, timeLeft } from '../../portal/customer/duration.ts'
import { Prose } from '../../portal/customer/prose.tsx'
import { inLanguage, linkTo, type SitePage } from '../../portal/customer/site-page.ts'
import { dataRate, dataSize } from '../../portal/data-size.ts'
import { money } from '../../portal/money.ts'
import { siteTime } from '../../portal/site-time.ts'

const HOUR = 3600
const DAY = 24 * HOUR
const spaced = (text: string) => text.replaceAll('\u00a0', ' ')

describe('money', () => {
  it('has cents only when there are some, and stays on one line', () => {
    assert.equal(money(1000, 'KES'), 'KSh\u00a010')
    assert.equal(spaced(money(125_050, 'KES')), 'KSh 1,250.50')
    assert.equal(spaced(money(300, 'USD')), 'USD 3')
  })
})

describe('sizes', () => {
  it('are told as they were sold, and never rounded up', () => {
    assert.equal(spaced(dataSize(20e9)), '20 GB')
    assert.equal(spaced(dataSize(500e6)), '500 MB')
    assert.equal(spaced(dataSize(1_610_612_736)), '1.5 GB')
    assert.equal(spaced(dataSize(1_073_741_823)), '1023 MB')
    assert.equal(spaced(dataSize(0)), '0 B')
    assert.equal(spaced(dataRate(512)), '512 kbps')
    assert.equal(spaced(dataRate(2048)), '2 Mbps')
  })
})

describe('durations', () => {
  it('that are sold are named by the largest unit that fits', () => {
    assert.equal(spaced(packageDuration('en', HOUR)), '1 hour')
    assert.equal(spaced(packageDuration('en', 90 * 60)), '90 minutes')
    assert.equal(spaced(packageDuration('sw', 7 * DAY)), 'Wiki 1')
    assert.equal(spaced(packageDuration('sw', 90 * DAY)), 'Miezi 3')
  })

  it('that are left are told in two units, never rounded up, never nothing', () => {
    assert.equal(spaced(timeLeft('en', 2 * DAY + 3 * HOUR + 59 * 60)), '2 days 3 hours')
    assert.equal(spaced(timeLeft('en', HOUR - 1)), '59 minutes')
    assert.equal(spaced(timeLeft('sw', 5)), 'Dakika 1')
  })

  it('are short for the operator', () => {
    assert.deepEqual(
      [8, 89, 90, 7500, 4 * DAY].map((seconds) => spanOf(seconds * 1000)),
      ['8 s', '89 s', '1 min', '2 h 05', '4 d'],
    )
  })
})

describe('the time', () => {
  const now = Date.UTC(2026, 4, 4, 20, 30)
  it('is that of the site, with the day when it is another one there', () => {
    assert.equal(siteTime('en', 'Africa/Nairobi', now, now), '23:30')
    assert.equal(spaced(siteTime('en', 'Africa/Nairobi', now + HOUR * 1000, now)), 'Tue 00:30')
    assert.equal(spaced(siteTime('en', 'Africa/Nairobi', now + 30 * DAY * 1000, now)), '3 Jun 23:30')
  })
})

describe('codes', () => {
  it('of ten digits are set in groups that can be read aloud', () => {
    assert.equal(readableCode('4821093755'), '4821 093 755')
    assert.equal(readableCode('wanjiku'), 'wanjiku')
  })
})

describe('prose', () => {
  it('keeps M-PESA, dial codes and phone numbers on one line and sets bold', () => {
    const html = Prose({ text: 'M-PESA: dial *234# **now**' }).toString()
    assert.equal(html, '<span class="nb">M-PESA</span>: dial <span class="nb">*234#</span> <b>now</b>')
    const sent = Prose({ text: 'It goes to 0712 ••• 678.' }).toString()
    assert.equal(sent, 'It goes to <span class="nb">0712 ••• 678</span>.')
  })
})

describe('links', () => {
  const site: SitePage = { siteName: 'Kilimani', language: 'sw', supportPhone: undefined, path: '/' }
  it('keep the language and the device', () => {
    assert.equal(linkTo(site, '/code'), '/code?l=sw')
    assert.equal(
      linkTo({ ...site, macAddress: 'AA:BB:CC:DD:EE:FF', routerId: 2 }, '/'),
      '/?l=sw&mac=AA%3ABB%3ACC%3ADD%3AEE%3AFF&router=2',
    )
  })

  it('into another language keep the rest of the address and never lead away', () => {
    assert.equal(inLanguage({ ...site, path: '/?mac=a&l=sw&dst=x?y' }, 'en'), '/?mac=a&l=en&dst=x%3Fy')
    assert.equal(inLanguage({ ...site, path: '//evil.test/?l=sw' }, 'en'), '/evil.test/?l=en')
    assert.equal(inLanguage({ ...site, path: '/w/1/t' }, 'sw'), '/w/1/t?l=sw')
  })
})
