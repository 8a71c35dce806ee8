import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { DeskPage } from '../../../portal/console/desk.tsx'
import { PackagesPage } from '../../../portal/console/packages.tsx'
import { SignInPage } from '../../../portal/console/sign-in.tsx'
import { TextsPage } from '../../../portal/console/texts.tsx'
import { VouchersPage } from '../../../portal/console/vouchers.tsx'
import { pageHtml } from '../../../portal/page-html.ts'

const queueNames = [
  'hotspot-provisioning',
  'subscription-reconnection',
  'payments',
  'hotspot-sms',
  'router-provisioning',
  'dashboard',
  'session-management',
  'subscription-management',
  'router-monitoring',
  'metrics',
  'notifications',
  'maintenance',
]

/** Every console page by name; `word` as for the customer pages. */
export function sampleConsolePages(word = ''): Record<string, string> {
  const nowMs = Date.UTC(2026, 4, 4, 11, 5)
  const page: ConsolePage = {
    siteName: `Kilimani WiFi${word}`,
    operator: { username: `amina${word}`, role: 'admin' },
    csrf: `csrf-token${word}`,
    timeZone: 'Africa/Nairobi',
    nowMs,
  }
  const desk = {
    ...page,
    counts: { onlineNow: 23, paidNotConnected: 0, paymentsToday: 41, revenueTodayCents: 187_000, currency: 'KES' },
    payments: ['fulfilled', 'prompted', 'paid', 'declined', 'fulfilled', 'review', 'uncertain', 'fulfilled'].map(
      (status, at) => ({
        id: `p${at}`,
        createdAtMs: nowMs - at * 7 * 60_000,
        phoneMasked: `0712 ••• ${678 - at}${word}`,
        packageName: `${at % 3 ? '1 hour' : 'Day pass'}${word}`,
        amountCents: at % 3 ? 1000 : 5000,
        currency: 'KES',
        status,
        receipt: status === 'fulfilled' || status === 'paid' ? `TKM4X7Y2Z${at}${word}` : undefined,
        failureCode: status === 'declined' ? `cancelled${word}` : undefined,
      }),
    ),
    sessions: [1, 2, 3, 4, 5].map((n) => ({
      id: `s${n}`,
      username: `482109375${n}${word}`,
      packageName: `Day pass${word}`,
      macAddress: `AA:BB:CC:DD:EE:0${n}${word}`,
      routerName: `Gate${word}`,
      startedAtMs: nowMs - n * 25 * 60_000,
      expiresAtMs: n === 3 ? undefined : nowMs + n * 3 * 3_600_000,
      usedBytes: n * 187_654_321,
    })),
    routers: [
      {
        id: 1,
        name: `Gate${word}`,
        address: `10.5.50.1${word}`,
        status: 'connected',
        lastSeenAtMs: nowMs - 4000,
        openSessions: 23,
      },
      {
        id: 2,
        name: `Roof${word}`,
        address: `10.5.51.1${word}`,
        status: 'pending',
        lastSeenAtMs: undefined,
        openSessions: 0,
      },
    ],
    setups: [
      {
        name: `Gate${word}`,
        last: {
          ...{ state: 'running', stage: 'bridge', percent: 45, isPlan: false, steps: [`add to /ip/pool${word}`] },
          message: `add to /interface/bridge: name=mlango${word}`,
        },
        advice: [{ text: `Run the command, then press its button.${word}`, command: `/system device-mode${word}` }],
      },
    ],
    queues: queueNames.map((name, at) => ({
      name,
      pool: 'general',
      ready: at === 3 ? 12 : 0,
      running: at < 3 ? 1 : 0,
      scheduled: at === 8 ? 2 : 0,
      failed: at === 3 ? 1 : 0,
      oldestReadyMs: at === 3 ? 8200 : undefined,
      held: at === 5 ? 7 : 0,
      paused: at === 5 ? { untilMs: nowMs + 3_600_000 } : at === 7 ? { untilMs: null } : null,
    })),
    failedJobs: [
      {
        id: `j1${word}`,
        name: `send-credentials-sms${word}`,
        queue: 'hotspot-sms',
        attempts: 3,
        error: `sms-gateway-down: the gateway did not answer within 10 s${word}`,
        failedAtMs: nowMs - 600_000,
      },
    ],
    packages: [{ id: 1, name: `1 hour${word}`, priceCents: 1000, currency: 'KES' }],
    notice: { text: `send-credentials-sms was put back in its queue${word}`, bad: false },
  }
  const pages = {
    'sign-in': SignInPage({ siteName: page.siteName, csrf: page.csrf }),
    'sign-in-wrong': SignInPage({ siteName: page.siteName, csrf: page.csrf, username: `amina${word}`, error: 'wrong' }),
    desk: DeskPage(desk),
    'desk-first-day': DeskPage({
      ...desk,
      counts: { ...desk.counts, paidNotConnected: 2 },
      operator: { username: 'otieno', role: 'cashier' },
      payments: [],
      sessions: [],
      routers: [],
      setups: [],
      packages: [],
      notice: undefined,
    }),
    packages: PackagesPage({
      ...page,
      currency: 'KES',
      packages: [
        {
          ...{ id: 1, name: `1 hour${word}`, type: 'hotspot', priceCents: 1000, currency: 'KES', minutes: 60 },
          ...{ hours: undefined, state: 'on sale', onlyOnline: true, withinDays: 7 },
        },
        {
          ...{ id: 2, name: `Try us${word}`, type: 'hotspot', priceCents: 0, currency: 'KES', minutes: 15 },
          ...{ hours: 'fri, sat 18:00–22:00', state: 'off sale', onlyOnline: false, withinDays: undefined },
        },
      ],
      typed: { name: `Night${word}`, mon: '1', from: '22:00' },
      notice: { text: 'Hours of sale need their days and two different times.', bad: true },
    }),
    'packages-for-a-viewer': PackagesPage({
      ...page,
      operator: { username: 'otieno', role: 'viewer' },
      currency: 'KES',
      packages: [],
    }),
    texts: TextsPage({
      ...page,
      texts: [
        {
          ...{ key: 'code_en', text: `{site}: your code {code}${word}`, isOurs: false, segments: 1 },
          placeholders: [
            { name: 'code', needed: true },
            { name: 'site', needed: false },
          ],
        },
        {
          ...{ key: 'code_sw', text: `Msimbo${word}`, isOurs: true, segments: 2, fault: `{code} is missing${word}` },
          placeholders: [{ name: 'code', needed: true }],
        },
      ],
      notice: { text: 'Nothing was changed: see below.', bad: true },
    }),
    vouchers: VouchersPage({
      ...page,
      batchId: `b-1${word}`,
      packageName: `Day pass${word}`,
      priceCents: 5000,
      currency: 'KES',
      createdAtMs: nowMs,
      networkName: `Kilimani${word}`,
      portalUrl: 'http://wifi.test/',
      supportPhone: `0700 123 456${word}`,
      vouchers: Array.from({ length: 27 }, (_, at) => ({
        code: String(4_821_093_755 + at * 7_919_131),
        state: at === 5 ? 'used' : 'unused',
      })),
    }),
  }
  return Object.fromEntries(Object.entries(pages).map(([name, html]): [string, string] => [name, pageHtml(html)]))
}
