import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { type Daemon, startDaemon } from './daemon.ts'
import { type EventStream, openEventStream } from './event-stream.ts'
import { freePort } from './free-port.ts'

export interface PaymentView {
  payment_id: string
  status: string
  failure: { code: string; message: string } | null
  access: { username: string; password: string; expires_at: string; online: boolean } | null
}

export interface Purchase {
  paymentId: string
  token: string
  statusUrl: string
  eventsUrl: string
  macAddress: string
  phoneNumber: string
}

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: whatever the daemon said; each test says what it expects
  body: any
}

const ADMIN_TOKEN = 'an-admin-token-for-tests'
export const DARAJA = {
  consumerKey: 'key',
  consumerSecret: 'consumer-secret',
  shortcode: '174379',
  passkey: 'the-passkey',
}
export const GATEWAY = { username: 'sandbox', apiKey: 'gateway-api-key' }
const RADIUS_SECRET = 'a-radius-secret'
const API_PASSWORD = 'an-api-password'

interface SiteOptions {
  packageSeconds?: number
  dataLimitBytes?: number
  environment?: Record<string, string>
  accessMode?: 'radius' | 'local'
  /** The money comes to this till. */
  till?: string
  /** Where the router speaks from; another one than this machine's first for one that masquerades. */
  routerAddress?: string
  /** Of the simulated customer, between the prompt and the PIN. */
  pinDelayMs?: number
}

/** A whole site: the daemon as its own process, and the real far ends simulated in this one. */
export async function openSite(options: SiteOptions = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-site-'))
  const httpPort = await freePort()
  const url = `http://127.0.0.1:${httpPort}`
  const mpesa = await startMpesaSimulator({
    ...DARAJA,
    ...(options.pinDelayMs !== undefined && { pinDelayMs: options.pinDelayMs }),
    ...(options.till !== undefined && { till: options.till }),
  })
  const sms = await startSmsSimulator(GATEWAY)
  const broker = await startBrokerSimulator()
  const router = await startRouterSimulator({
    host: options.routerAddress ?? '127.0.0.1',
    username: 'mlango',
    password: API_PASSWORD,
  })
  const radiusPorts = { authPort: await freePort(), acctPort: await freePort() }

  const environment = {
    MLANGO_SITE_ID: 'test-site',
    MLANGO_STORAGE_DATA_DIR: dataDir,
    MLANGO_HTTP_HOST: '127.0.0.1',
    MLANGO_HTTP_PORT: String(httpPort),
    MLANGO_RADIUS_HOST: '127.0.0.1',
    MLANGO_RADIUS_AUTH_PORT: String(radiusPorts.authPort),
    MLANGO_RADIUS_ACCT_PORT: String(radiusPorts.acctPort),
    MLANGO_ADMIN_TOKEN: ADMIN_TOKEN,
    MLANGO_MPESA_BASE_URL: mpesa.url,
    MLANGO_MPESA_CONSUMER_KEY: DARAJA.consumerKey,
    MLANGO_MPESA_CONSUMER_SECRET: DARAJA.consumerSecret,
    MLANGO_MPESA_SHORTCODE: DARAJA.shortcode,
    MLANGO_MPESA_PASSKEY: DARAJA.passkey,
    MLANGO_MPESA_CALLBACK_BASE_URL: url,
    MLANGO_MPESA_QUERY_INTERVAL_MS: '100',
    MLANGO_SMS_PROVIDER: 'africastalking',
    MLANGO_SMS_BASE_URL: sms.url,
    MLANGO_SMS_USERNAME: GATEWAY.username,
    MLANGO_SMS_API_KEY: GATEWAY.apiKey,
    MLANGO_CLOUD_URL: broker.url,
    ...(options.till !== undefined && { MLANGO_MPESA_TYPE: 'till', MLANGO_MPESA_TILL: options.till }),
    ...options.environment,
  }

  const endFarEnds = async () => {
    await Promise.all([mpesa.stop(), sms.stop(), broker.stop(), router.stop()])
    rmSync(dataDir, { recursive: true, force: true })
  }

  let daemon: Daemon = await startDaemon(environment).catch(async (thrown) => {
    await endFarEnds()
    throw thrown
  })
  const streams = new Set<EventStream<unknown>>()

  async function call(
    method: string,
    path: string,
    body?: unknown,
    token: string | { cookie: string } | null = ADMIN_TOKEN,
  ): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(typeof token === 'string' && { Authorization: `Bearer ${token}` }),
        ...(typeof token === 'object' && token !== null && { Cookie: token.cookie }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      redirect: 'manual',
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    const isJson = (answer.headers.get('content-type') ?? '').includes('json')
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
  }

  const { loginPageUrl, packageId } = await setUp().catch(async (thrown) => {
    await daemon.kill()
    await endFarEnds()
    throw thrown
  })

  async function setUp(): Promise<{ loginPageUrl: string; packageId: number }> {
    const { body: adopted } = await call('POST', '/api/routers', {
      name: 'Router 1',
      address: router.host,
      api_port: router.apiPort,
      api_username: 'mlango',
      api_password: API_PASSWORD,
      radius_secret: RADIUS_SECRET,
      coa_port: router.coaPort,
      access_mode: options.accessMode ?? 'radius',
    })
    router.setRadius({ ...radiusPorts, secret: RADIUS_SECRET })
    const loginPageUrl = `${url}/hotspot/login.html?router=${adopted.id}`
    await router.fetchLoginPage(loginPageUrl)
    const sold = await call('POST', '/api/packages', {
      name: '1 hour',
      price_cents: 1000,
      duration_seconds: options.packageSeconds ?? 3600,
      data_limit_bytes: options.dataLimitBytes ?? null,
    })
    return { loginPageUrl, packageId: sold.body.id }
  }

  async function stream<Data>(path: string, headers: Record<string, string> = {}): Promise<EventStream<Data>> {
    const opened = await openEventStream<Data>(path.startsWith('http') ? path : `${url}${path}`, headers)
    streams.add(opened as EventStream<unknown>)
    return opened
  }

  let phones = 0
  return {
    url,
    dataDir,
    environment,
    packageId,
    loginPageUrl,
    mpesa,
    sms,
    broker,
    router,
    radiusPorts,
    radiusSecret: RADIUS_SECRET,
    get daemon() {
      return daemon
    },
    call,
    stream,

    /** A phone that has joined the WiFi. */
    join() {
      phones += 1
      const macAddress = `02:00:00:00:00:${phones.toString(16).padStart(2, '0').toUpperCase()}`
      router.join(macAddress)
      return { macAddress, phoneNumber: `2547000000${String(phones).padStart(2, '0')}` }
    },

    /** Asks for a package like the portal does. */
    async buy({ macAddress, phoneNumber }: { macAddress: string; phoneNumber: string }): Promise<Purchase> {
      const { status, body } = await call(
        'POST',
        '/api/payments/stk',
        { phone_number: phoneNumber, package_id: packageId, mac_address: macAddress },
        null,
      )
      if (status !== 202) throw new Error(`buying answered ${status}: ${JSON.stringify(body)}`)
      return {
        paymentId: body.payment_id,
        token: body.token,
        statusUrl: body.status_url,
        eventsUrl: body.events_url,
        macAddress,
        phoneNumber,
      }
    },

    async view(purchase: Purchase): Promise<PaymentView> {
      return (await call('GET', purchase.statusUrl, undefined, null)).body
    },

    /** Waits on the purchase's own stream, as its page does. */
    async whenView(
      purchase: Purchase,
      matches: (view: PaymentView) => boolean,
      timeoutMs?: number,
    ): Promise<PaymentView> {
      const views = await stream<PaymentView>(purchase.eventsUrl)
      try {
        return await views.when(matches, timeoutMs)
      } finally {
        views.close()
      }
    },

    /** The journal from `afterSeq` on, as the console follows it. */
    events: (afterSeq = 0) =>
      stream<{ seq: number; type: string; data: Record<string, unknown> }>('/api/events', {
        Authorization: `Bearer ${ADMIN_TOKEN}`,
        'Last-Event-ID': String(afterSeq),
      }),

    kill: () => daemon.kill(),

    async restart() {
      await daemon.stop()
      daemon = await startDaemon(environment)
    },

    /** With the power back; `withoutPowerMs` have gone by on the box, though not here. */
    async start({ withoutPowerMs }: { withoutPowerMs?: number } = {}) {
      const later = withoutPowerMs === undefined ? {} : { clockAheadMs: withoutPowerMs }
      daemon = await startDaemon(environment, later)
    },

    async close() {
      for (const opened of streams) opened.close()
      await daemon.stop()
      await endFarEnds()
    },
  }
}

export type Site = Awaited<ReturnType<typeof openSite>>
