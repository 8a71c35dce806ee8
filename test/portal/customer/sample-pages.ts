import { brandOf } from '../../../portal/customer/brand.ts'
import { CodePage } from '../../../portal/customer/code.tsx'
import { ConnectingPage } from '../../../portal/customer/connecting.tsx'
import { FailedPage } from '../../../portal/customer/failed.tsx'
import { GiftPage } from '../../../portal/customer/gift.tsx'
import { HelpPage } from '../../../portal/customer/help.tsx'
import { HomePage } from '../../../portal/customer/home.tsx'
import { MovePage } from '../../../portal/customer/move.tsx'
import { OnlinePage } from '../../../portal/customer/online.tsx'
import { PaidPage } from '../../../portal/customer/paid.tsx'
import { PairPage } from '../../../portal/customer/pair.tsx'
import type { PackageCard } from '../../../portal/customer/pay-form.tsx'
import { type Problem, ProblemPage } from '../../../portal/customer/problem.tsx'
import { RenewedPage } from '../../../portal/customer/renewed.tsx'
import type { SitePage } from '../../../portal/customer/site-page.ts'
import type { Language } from '../../../portal/customer/texts.ts'
import { TimeLeftPage } from '../../../portal/customer/time-left.tsx'
import { TimeUpPage } from '../../../portal/customer/time-up.tsx'
import { TvHowPage, TvPage } from '../../../portal/customer/tv.tsx'
import { UndecidedPage } from '../../../portal/customer/undecided.tsx'
import { WaitingPage } from '../../../portal/customer/waiting.tsx'
import { pageHtml } from '../../../portal/page-html.ts'

/** A green disc. */
const LOGO = `data:image/svg+xml;base64,${btoa('<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><circle cx="16" cy="16" r="15" fill="#0b6a48"/></svg>')}`

const problems: readonly Problem[] = ['not-found', 'trouble', 'stopped']

/** Every customer page by name. `word` stands wherever the outside world can put a text of its own. */
export function samplePages(language: Language, word = ''): Record<string, string> {
  const site: SitePage = {
    siteName: `Kilimani${word}`,
    language,
    supportPhone: `0700 123 456${word}`,
    path: `/w/3f9a?x=1${word}`,
    macAddress: `AA:BB:CC:DD:EE:FF${word}`,
    routerId: 1,
  }
  const packages: PackageCard[] = [
    { id: 1, name: `1 hour${word}`, priceCents: 1000, durationSeconds: 3600, downKbps: 2048, deviceLimit: 1 },
    { id: 2, name: `Day pass${word}`, priceCents: 5000, durationSeconds: 86_400, downKbps: 5000, deviceLimit: 2 },
    { id: 3, name: `Week${word}`, priceCents: 25_000, durationSeconds: 604_800, downKbps: undefined, deviceLimit: 3 },
    {
      id: 4,
      name: `Month, 20 GB${word}`,
      priceCents: 120_050,
      durationSeconds: 2_592_000,
      downKbps: 10_000,
      deviceLimit: 1,
    },
  ].map((card) => ({ ...card, currency: 'KES', dataLimitBytes: card.id === 4 ? 20e9 : undefined }))
  const idempotencyKey = `key-1${word}`
  const purchase = { priceCents: 1000, currency: 'KES', packageName: `1 hour${word}` }
  const live = {
    eventsUrl: `/api/payments/7/events?token=t0ken${word}`,
    statusUrl: `/api/payments/7?token=t0ken${word}`,
    reference: `MLG-7F3K${word}`,
  }
  const phoneMasked = `0712 ••• 678${word}`
  const phoneNumber = `0712345678${word}`
  const accessUrl = `/a/1/t0ken${word}`
  const waiting = { ...site, ...purchase, ...live, packageId: 1, phoneNumber, phoneMasked }
  const connecting = {
    ...site,
    ...live,
    accessUrl,
    username: '4821093755',
    packageName: `1 hour${word}`,
    status: 'fulfilled',
  }
  const remains = {
    packageName: `1 hour${word}`,
    expiresAtMs: Date.UTC(2026, 4, 4, 11, 5),
    timeZone: 'Africa/Nairobi',
    secondsLeft: 3540,
  }
  const week = { ...remains, expiresAtMs: Date.UTC(2026, 4, 9, 11, 5), secondsLeft: 5 * 86_400 }
  const online = {
    ...site,
    ...live,
    accessUrl,
    username: `4821093755`,
    remains,
    soldSeconds: 3600,
    status: 'fulfilled',
    access: { online: true },
    continueUrl: `http://captive.test/${word}`,
  }
  const renewed = {
    packageName: `Month${word}`,
    price: 'KSh 1,500',
    receipt: `TKM4X7Y2ZA${word}`,
    accountNumber: `482109${word}`,
    paidUntilMs: Date.UTC(2026, 4, 9, 11, 5),
    nowMs: Date.UTC(2026, 4, 4, 11, 5),
    timeZone: 'Africa/Nairobi',
  }
  const gift = {
    packageName: `1 hour${word}`,
    price: 'KSh 10',
    receipt: `TKM4X7Y2ZA${word}`,
    code: `4821093755${word}`,
  }
  const failed = {
    ...site,
    ...purchase,
    ...{ status: 'declined', statusUrl: live.statusUrl, eventsUrl: live.eventsUrl },
    packageId: 1,
    phoneNumber,
    phoneMasked,
    idempotencyKey,
  }
  const shop = { ...site, packages, idempotencyKey, paying: 'open' as const }
  const error = { field: 'phone' as const, code: 'bad-number' as const }
  const pages = {
    home: HomePage({ ...shop }),
    'home-with-logo': HomePage({ ...shop, brand: brandOf({ logo: LOGO }) }),
    'home-known': HomePage({ ...shop, known: { phoneMasked, lastPackageId: 2 } }),
    'home-mpesa-down': HomePage({ ...shop, paying: 'down' }),
    'home-no-internet': HomePage({ ...shop, paying: 'offline' }),
    'home-vouchers-only': HomePage({ ...shop, paying: 'off' }),
    'home-bad-number': HomePage({ ...shop, phoneNumber: `0712${word}`, error }),
    'home-pending': HomePage({
      ...shop,
      error: { field: undefined, code: 'already-pending', phoneMasked },
    }),
    'home-undecided': HomePage({ ...shop, notice: 'unknown' }),
    'home-paid-before': HomePage({ ...shop, notice: 'paid-before' }),
    'home-nothing-for-sale': HomePage({ ...shop, packages: [] }),
    'waiting-sending': WaitingPage({ ...waiting, status: 'created', elapsedSeconds: 0 }),
    'waiting-prompted': WaitingPage({ ...waiting, status: 'prompted', elapsedSeconds: 3 }),
    'waiting-on-trust': WaitingPage({
      ...waiting,
      status: 'prompted',
      elapsedSeconds: 20,
      provisionalUntil: '2026-05-04T11:05:00Z',
    }),
    'waiting-long': WaitingPage({ ...waiting, status: 'prompted', elapsedSeconds: 61 }),
    'waiting-expired': WaitingPage({ ...waiting, status: 'expired', elapsedSeconds: 95 }),
    undecided: UndecidedPage({
      ...site,
      why: 'unknown',
      price: 'KSh 10',
      packageId: 1,
      payer: { phone: phoneNumber },
      idempotencyKey,
    }),
    'waiting-review': WaitingPage({ ...waiting, status: 'review', elapsedSeconds: 95 }),
    paid: PaidPage({
      ...site,
      ...purchase,
      ...live,
      status: 'paid',
      receipt: undefined,
      elapsedSeconds: 2,
    }),
    'paid-slow': PaidPage({
      ...site,
      ...purchase,
      ...live,
      status: 'paid',
      receipt: `TKM4X7Y2ZA${word}`,
      elapsedSeconds: 24,
    }),
    renewed: RenewedPage({
      ...site,
      ...renewed,
      login: { username: `wanjiku${word}`, password: `s3cret${word}` },
      accessUrl,
    }),
    'renewed-for-another': RenewedPage({ ...site, ...renewed }),
    gift: GiftPage({ ...site, ...gift, state: 'unused', smsTo: `0722 ••• 444${word}` }),
    'gift-used': GiftPage({ ...site, ...gift, state: 'redeemed', smsTo: undefined }),
    'gift-revoked': GiftPage({ ...site, ...gift, state: 'revoked', smsTo: undefined }),
    connecting: ConnectingPage({ ...connecting, deviceKnown: true, elapsedSeconds: 1 }),
    'connecting-slow': ConnectingPage({ ...connecting, deviceKnown: true, elapsedSeconds: 11 }),
    'connecting-by-router': ConnectingPage({
      ...connecting,
      deviceKnown: true,
      elapsedSeconds: 11,
      routerForm: { address: 'http://10.5.50.1/login', nextUrl: 'http://wifi.test/w/1/t?l=en&tried=1', byHand: false },
    }),
    'connecting-paid-slow': ConnectingPage({
      ...connecting,
      deviceKnown: true,
      paid: { price: 'KSh 10', receipt: `TKM4X7Y2ZA${word}`, reference: live.reference },
      elapsedSeconds: 11,
    }),
    'connecting-elsewhere': ConnectingPage({
      ...connecting,
      username: `wanjiku${word}`,
      password: `s3cret${word}`,
      deviceKnown: false,
      elapsedSeconds: 1,
    }),
    online: OnlinePage({ ...online, nextUrl: `/w/3f9a?n=1${word}` }),
    'online-again': OnlinePage({
      ...online,
      username: `wanjiku${word}`,
      password: `s3cret${word}`,
      remains: { ...week, dataLeftBytes: 1_610_612_736 },
    }),
    'online-little-data': OnlinePage({
      ...online,
      remains: { ...week, dataLeftBytes: 1e6 },
      soldSeconds: 604_800,
      access: { online: true, data_low: true },
      dataLow: true,
    }),
    'online-soon-over': OnlinePage({ ...online, mayPause: true, remains: { ...remains, secondsLeft: 540 } }),
    'time-left': TimeLeftPage({ ...site, remains, accessUrl, came: 'back' }),
    'time-left-by-button': TimeLeftPage({ ...site, remains: { ...remains, paused: true }, accessUrl, came: 'left' }),
    help: HelpPage({ ...site, portalAddress: `192.168.88.2:8080${word}` }),
    tv: TvPage({
      ...site,
      ...live,
      pairUrl: `http://192.168.88.2:8080/tv/K7M4QX${word}`,
      status: 'tv',
    }),
    'tv-online': TvPage({
      ...site,
      ...live,
      pairUrl: `http://192.168.88.2:8080/tv/K7M4QX${word}`,
      status: 'tv',
      online: true,
    }),
    'tv-how': TvHowPage({ ...site }),
    'tv-how-bad': TvHowPage({ ...site, bad: `AA:BB${word}` }),
    pair: PairPage({ ...site }),
    'pair-own': PairPage({ ...site, own: { code: 'K7M4QX', text: `1 hour${word} – until 14:05` } }),
    move: MovePage({ ...site, code: `K7M4QX${word}`, devices: { limit: 1, online: 1 } }),
    'move-of-several': MovePage({ ...site, code: `K7M4QX${word}`, devices: { limit: 3, online: 3 } }),
    code: CodePage({ ...site }),
    'code-unknown': CodePage({ ...site, code: `TKM4X7Y2ZA${word}`, error: { code: 'code-unknown' } }),
    'time-up': TimeUpPage({ ...site, packages, idempotencyKey, lastPackageId: 2, phoneNumber, usedUp: 'time' }),
    'time-up-data': TimeUpPage({ ...site, packages, idempotencyKey, lastPackageId: 2, phoneNumber, usedUp: 'data' }),
    'failed-cancelled': FailedPage({ ...failed, code: 'cancelled' }),
    'failed-low-balance': FailedPage({
      ...failed,
      priceCents: 5001,
      code: 'low-balance',
      cheaper: packages.slice(0, 2),
    }),
    'failed-no-reply-twice': FailedPage({ ...failed, code: 'no-reply', tries: 2 }),
    'failed-busy': FailedPage({ ...failed, code: 'busy', retryAfterSeconds: 60 }),
    'failed-unheard-of': FailedPage({ ...failed, code: `unheard-of${word}` }),
  }
  const problemPages = problems.map((problem): [string, string] => [
    `problem-${problem}`,
    pageHtml(ProblemPage({ ...site, problem, requestId: `req-1${word}` })),
  ])
  return Object.fromEntries([
    ...Object.entries(pages).map(([name, page]): [string, string] => [name, pageHtml(page)]),
    ...problemPages,
  ])
}
