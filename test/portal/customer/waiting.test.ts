import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Language } from '../../../portal/customer/texts.ts'
import { WaitingPage } from '../../../portal/customer/waiting.tsx'
import { pageHtml } from '../../../portal/page-html.ts'

const page = (language: Language, elapsedSeconds: number, status = 'prompted') =>
  pageHtml(
    WaitingPage({
      ...{ siteName: 'Kilimani', language, supportPhone: undefined, path: '/w/1/t' },
      ...{ priceCents: 1000, currency: 'KES', packageId: 1, packageName: '1 hour', reference: 'MLG-7F3K' },
      ...{ phoneNumber: '0712345678', phoneMasked: '0712 ••• 678', eventsUrl: '/e', statusUrl: '/s' },
      ...{ status, elapsedSeconds },
    }),
  )

/** What is said from when on, and which of it shows now. */
function phases(html: string) {
  const found = [...html.matchAll(/<div data-at="(\d+)"( hidden="")?>(.*?)<\/div>/gs)]
  return found.map(([, at, hidden, inside = '']) => ({
    at: Number(at),
    shows: hidden === undefined,
    text: inside
      .replace(/<[^>]*>/g, ' ')
      .replace(/[\s\u00a0]+/g, ' ')
      .trim(),
  }))
}

const SAID = {
  en: [
    'Sending the M-PESA request',
    'Check your phone',
    'Still waiting for M-PESA',
    'This is taking longer than usual',
    'We are still checking',
  ],
  sw: [
    'Tunatuma ombi la M-PESA',
    'Angalia simu yako',
    'Bado tunasubiri M-PESA',
    'Inachukua muda kuliko kawaida',
    'Bado tunaangalia',
  ],
}
const FROM = [0, 2, 15, 60, 180]

describe('the page of a purchase of which nothing is known yet', () => {
  for (const language of ['en', 'sw'] as const) {
    it(`says at 0, 2, 15, 60 and 180 seconds what helps then (${language})`, () => {
      for (const [index, elapsed] of [1, 14, 59, 179, 3600].entries()) {
        const all = phases(page(language, elapsed))
        assert.deepEqual(
          all.map(({ at }) => at),
          FROM,
        )
        for (const [at, { text }] of all.entries()) assert.ok(text.startsWith(SAID[language][at] ?? '?'), text)
        assert.deepEqual(
          all.map(({ shows }) => shows),
          FROM.map((_, at) => at === index),
          `${elapsed} s`,
        )
      }
    })
  }

  it('asks nobody to pay twice from a quarter of a minute on, and never says that it failed or that no money was taken', () => {
    const [sending, prompted, waiting, long, checking] = phases(page('en', 0)).map(({ text }) => text)
    assert.match(`${sending} ${prompted}`, /Enter your M-PESA PIN to pay KSh 10.*your payment is safe/)
    assert.match(waiting ?? '', /Do not pay twice/)
    assert.match(long ?? '', /you will be connected automatically. I already paid Send the request again/)
    assert.match(checking ?? '', /Please do not pay again. You can close this page. Reference MLG-7F3K/)
    for (const status of ['created', 'submitting', 'prompted', 'uncertain', 'expired', 'review']) {
      assert.doesNotMatch(page('en', 600, status), /No money was taken|Not paid/, status)
      assert.doesNotMatch(page('sw', 600, status), /Hakuna pesa iliyokatwa|Bado hujalipa/, status)
    }
  })
})
