import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { type Db, openReader } from '../../src/store/database.ts'
import { startDaemon } from './daemon.ts'
import { freePort } from './free-port.ts'
import { openSlowDisk } from './slow-disk.ts'

export interface Phone {
  phoneNumber: string
  macAddress: string
}

/** How the site is called. */
export const SITE_ID = 'bench'
export const ADMIN_TOKEN = 'an-admin-token-for-benchmarks'
const DARAJA = { consumerKey: 'key', consumerSecret: 'consumer-secret', shortcode: '174379', passkey: 'the-passkey' }
const GATEWAY = { username: 'sandbox', apiKey: 'gateway-api-key' }
const RADIUS_SECRET = 'a-radius-secret'
const API_PASSWORD = 'an-api-password'

interface SiteOptions {
  /** Kept until the caller removes it; a site that was there before goes on. */
  directory: string
  /** The customers pay only when told. */
  late: boolean
  /** The disk can be made slow; needs the built library. */
  slowDisk: boolean
  /** Where the router sends what it asks RADIUS, when not straight to the daemon. */
  radiusVia?: (authPort: number) => Promise<number>
  /** M-PESA refuses questions that come closer together, and the daemon starts with this spacing. */
  queryIntervalMs?: number
  /** The daemon believes this machine about the addresses of its phones, as it believes a proxy. */
  ownAddresses?: boolean
}

/** The whole daemon as a process of its own, with M-PESA, SMS gateway, broker and router simulated in this one. */
export async function openSite(options: SiteOptions) {
  const { directory, late, slowDisk, radiusVia, queryIntervalMs, ownAddresses = false } = options
  const dataDir = join(directory, 'data')
  mkdirSync(dataDir, { recursive: true })
  const [port, authPort, acctPort] = [await freePort(), await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const mpesa = await startMpesaSimulator({
    ...DARAJA,
    scenario: late ? 'late' : 'success',
    ...(queryIntervalMs !== undefined && { queryIntervalMs }),
  })
  const sms = await startSmsSimulator(GATEWAY)
  const broker = await startBrokerSimulator()
  const router = await startRouterSimulator({ username: 'mlango', password: API_PASSWORD })
  const disk = slowDisk ? openSlowDisk({ dataDir, controlFile: join(directory, 'delay-ms') }) : undefined

  const daemon = await startDaemon({
    ...disk?.environment,
    MLANGO_SITE_ID: SITE_ID,
    MLANGO_STORAGE_DATA_DIR: dataDir,
    MLANGO_HTTP_HOST: '127.0.0.1',
    MLANGO_HTTP_PORT: String(port),
    MLANGO_RADIUS_HOST: '127.0.0.1',
    MLANGO_RADIUS_AUTH_PORT: String(authPort),
    MLANGO_RADIUS_ACCT_PORT: String(acctPort),
    MLANGO_ADMIN_TOKEN: ADMIN_TOKEN,
    MLANGO_MPESA_BASE_URL: mpesa.url,
    MLANGO_MPESA_CONSUMER_KEY: DARAJA.consumerKey,
    MLANGO_MPESA_CONSUMER_SECRET: DARAJA.consumerSecret,
    MLANGO_MPESA_SHORTCODE: DARAJA.shortcode,
    MLANGO_MPESA_PASSKEY: DARAJA.passkey,
    MLANGO_MPESA_CALLBACK_BASE_URL: url,
    MLANGO_SMS_PROVIDER: 'africastalking',
    MLANGO_SMS_BASE_URL: sms.url,
    MLANGO_SMS_USERNAME: GATEWAY.username,
    MLANGO_SMS_API_KEY: GATEWAY.apiKey,
    MLANGO_CLOUD_URL: broker.url,
    ...(queryIntervalMs !== undefined && { MLANGO_MPESA_QUERY_INTERVAL_MS: String(queryIntervalMs) }),
    ...(ownAddresses && { MLANGO_HTTP_TRUSTED_PROXIES: '127.0.0.1' }),
  })
  const db: Db = openReader(join(dataDir, 'mlango.db'))

  async function call(method: 'POST' | 'DELETE', path: string, body?: object): Promise<string> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`)
    return text
  }
  const post = async (path: string, body: object): Promise<Record<string, unknown>> =>
    JSON.parse(await call('POST', path, body))

  router.setRadius({ authPort: (await radiusVia?.(authPort)) ?? authPort, acctPort, secret: RADIUS_SECRET })
  if (db.prepare("SELECT 1 FROM routers WHERE address = '127.0.0.1'").get() === undefined) {
    await post('/api/routers', {
      name: 'Router 1',
      address: '127.0.0.1',
      api_port: router.apiPort,
      api_username: 'mlango',
      api_password: API_PASSWORD,
      radius_secret: RADIUS_SECRET,
      coa_port: router.coaPort,
      access_mode: 'radius',
    })
  }
  if (db.prepare('SELECT 1 FROM packages').get() === undefined) {
    await post('/api/packages', { name: '1 hour', price_cents: 1000, duration_seconds: 3600 })
  }
  const packageId = db.prepare('SELECT id FROM packages').pluck().get() as number

  let phones = 0
  return {
    port,
    authPort,
    acctPort,
    db,
    mpesa,
    sms,
    router,
    daemon,
    setFsyncDelayMs: (delayMs: number) => disk?.setDelayMs(delayMs),

    /** A phone that has joined the WiFi. */
    join(): Phone {
      phones += 1
      const phone = phoneNumbered(phones)
      router.join(phone.macAddress)
      return phone
    },

    /** Asks for a package like the portal does. */
    buy: ({ macAddress, phoneNumber }: Phone) =>
      post('/api/payments/stk', { phone_number: phoneNumber, package_id: packageId, mac_address: macAddress }),

    /** The operator takes back what a phone has, and the router sends it off. */
    async endAccess({ macAddress }: Phone): Promise<void> {
      const grantId = db
        .prepare('SELECT id FROM grants WHERE mac_address = ? AND ended_at_ms IS NULL')
        .pluck()
        .get(macAddress)
      await call('DELETE', `/api/grants/${grantId}`)
      await router.whenOffline(macAddress)
    },

    async close() {
      db.close()
      await daemon.stop()
      await Promise.all([mpesa.stop(), sms.stop(), broker.stop(), router.stop()])
    },
  }
}

/** The phone that joins as the so manyth, from 1. */
export function phoneNumbered(number: number): Phone {
  const hex = number.toString(16).padStart(6, '0').toUpperCase()
  const macAddress = `02:00:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`
  return { macAddress, phoneNumber: `254700${String(number).padStart(6, '0')}` }
}

export type BenchSite = Awaited<ReturnType<typeof openSite>>
