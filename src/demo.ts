import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { type Appliance, startAppliance } from './appliance.ts'
import { systemClock } from './clock.ts'
import { openConfigSource } from './config.ts'
import { MlangoError } from './errors.ts'
import type { News } from './flow/facts.ts'
import { grantPageOf } from './http/portal/grant-address.ts'
import type { Log } from './log.ts'
import { openThreads } from './opening-threads.ts'
import { READABLE, randomCode } from './random-code.ts'
import { startBrokerSimulator } from './simulators/broker-simulator.ts'
import { startMpesaSimulator } from './simulators/mpesa-simulator.ts'
import { startRouterSimulator } from './simulators/router/router-simulator.ts'
import { startSmsSimulator } from './simulators/sms-simulator.ts'

/** A whole site on loopback: the real daemon, and everything around it simulated. */
export interface Demo {
  appliance: Appliance
  /** What it runs with, for the command line. */
  configFile: string
  /** The page of each access that was sold, as it comes. */
  accessPages: string[]
  /** The phone that has joined the WiFi and is sent to the portal. */
  phone: { macAddress: string; portalUrl: string }
  router: Awaited<ReturnType<typeof startRouterSimulator>>
  sms: Awaited<ReturnType<typeof startSmsSimulator>>
  login: { username: string; password: string; token: string }
  voucherCodes: string[]
  packageId: number
  stop(): Promise<void>
}

const PACKAGES = [
  { name: '1 hour', price_cents: 1000, duration_seconds: 3600, down_kbps: 4000, up_kbps: 1000 },
  { name: '1 day', price_cents: 5000, duration_seconds: 86_400, down_kbps: 4000, up_kbps: 1000, device_limit: 2 },
  { name: '1 week', price_cents: 25_000, duration_seconds: 604_800, down_kbps: 8000, up_kbps: 2000, device_limit: 3 },
  { name: 'Try it', description: 'Ends after a minute', price_cents: 100, duration_seconds: 60 },
]

const PHONE_MAC = '5E:0A:11:22:33:44'

/** How long the simulated customer looks at the prompt before typing the PIN. */
const PIN_DELAY_MS = 2_500

interface DemoOptions {
  /** Of portal and console. */
  port: number
  /** When that one is not free. */
  mayTakeOther: boolean
  log: Log
  version: string
}

/** Nothing is left behind after `stop`. Throws `port-taken`. */
export async function startDemo({ port, mayTakeOther, log, version }: DemoOptions): Promise<Demo> {
  const opened: (() => unknown)[] = []
  const stop = async () => {
    for (let close = opened.pop(); close; close = opened.pop()) await close()
  }
  try {
    const dataDir = mkdtempSync(join(tmpdir(), 'mlango-demo-'))
    opened.push(() => rmSync(dataDir, { recursive: true, force: true }))
    const secret = () => randomCode(20, READABLE)
    const daraja = { consumerKey: secret(), consumerSecret: secret(), shortcode: '174379', passkey: secret() }
    const gateway = { username: 'sandbox', apiKey: secret() }
    const radiusSecret = secret()
    const apiPassword = secret()
    const login = {
      username: 'admin',
      password: randomCode(12, READABLE),
      token: randomBytes(24).toString('base64url'),
    }

    const mpesa = await startMpesaSimulator({ ...daraja, pinDelayMs: PIN_DELAY_MS })
    opened.push(() => mpesa.stop())
    const sms = await startSmsSimulator(gateway)
    opened.push(() => sms.stop())
    const broker = await startBrokerSimulator()
    opened.push(() => broker.stop())
    const router = await startRouterSimulator({ username: 'mlango', password: apiPassword, identity: 'Demo router' })
    opened.push(() => router.stop())

    // Last of all, so that none of the others is given the port that was found free.
    const fault = await faultOf(port)
    if (fault !== undefined && !mayTakeOther)
      throw new MlangoError(
        'port-taken',
        `The demo cannot have port ${port}: ${fault}. Choose another one with --port.`,
      )
    const httpPort = fault === undefined ? port : await freePort()
    // A file, so that a command reads what the daemon reads.
    const configFile = join(dataDir, 'mlango.toml')
    const settings = {
      site: { name: 'Mlango demo' },
      storage: { data_dir: dataDir },
      http: { host: '127.0.0.1', port: httpPort },
      radius: { host: '127.0.0.1', auth_port: 0, acct_port: 0 },
      admin: login,
      mpesa: {
        base_url: mpesa.url,
        consumer_key: daraja.consumerKey,
        consumer_secret: daraja.consumerSecret,
        shortcode: daraja.shortcode,
        passkey: daraja.passkey,
        callback_base_url: `http://127.0.0.1:${httpPort}`,
      },
      sms: { provider: 'africastalking', base_url: sms.url, username: gateway.username, api_key: gateway.apiKey },
      cloud: { url: broker.url },
      log: { level: log.level },
    }
    writeFileSync(configFile, stringify(settings), { mode: 0o600 })
    const source = openConfigSource(configFile, {})
    const opening = openThreads(source, (reason) => {
      log.fatal({ reason }, 'the daemon cannot go on')
      process.exit(1)
    })
    const appliance = await startAppliance({ source, opening, version, clock: systemClock, log })
    opened.push(() => appliance.stop())
    const { site } = await opening.store
    const accessPages: string[] = []
    const noteAccess = (news: News) => {
      if (news.type !== 'access.granted') return
      const page = grantPageOf({ site }, news.data.grantId, { language: 'en', macAddress: PHONE_MAC })
      accessPages.push(`${appliance.portalUrl}${page}`)
    }
    opened.push(opening.facts.subscribe(noteAccess))

    const call = async <Answer = { id: number }>(path: string, body: object) =>
      (await post(`${appliance.portalUrl}${path}`, login.token, body)) as Answer
    const registered = await call<{ id: number; connectivity_script: string }>('/api/routers', {
      name: 'Demo router',
      address: router.host,
      api_port: router.apiPort,
      api_username: 'mlango',
      api_password: apiPassword,
      radius_secret: radiusSecret,
      coa_port: router.coaPort,
    })
    router.setRadius({ authPort: appliance.radiusAuthPort, acctPort: appliance.radiusAcctPort, secret: radiusSecret })
    // What the script would do on a real router: the login page, then the call home.
    await router.fetchLoginPage(`${appliance.portalUrl}/hotspot/login.html?router=${registered.id}`)
    await callHome(registered.connectivity_script)
    const ids: number[] = []
    for (const body of PACKAGES) ids.push((await call('/api/packages', body)).id)
    const packageId = ids[0] as number
    const batch = await call<{ codes: string[] }>('/api/vouchers', { package_id: packageId, count: 3 })
    const { macAddress } = router.join(PHONE_MAC)

    return {
      appliance,
      configFile,
      accessPages,
      phone: {
        macAddress,
        portalUrl: `http://${router.host}:${router.httpPort}/?mac=${encodeURIComponent(macAddress)}`,
      },
      router,
      sms,
      login,
      voucherCodes: batch.codes,
      packageId,
      stop,
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
}

async function callHome(script: string): Promise<void> {
  const url = /http:[^\s"]+\/api\/routers\/adopt\/[\w-]+/.exec(script)?.[0]
  if (url === undefined) throw new Error('the script of the router has no address to call home')
  const body = new URLSearchParams({ version: '7.20.8', model: 'simulated', failed: '' })
  const answer = await fetch(url, { method: 'POST', body, signal: AbortSignal.timeout(10_000) })
  if (!answer.ok) throw new Error(`the call home of the router was answered by ${answer.status}`)
}

async function post(url: string, token: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  })
  if (!answer.ok) throw new Error(`${new URL(url).pathname} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

/** Why a port cannot be had. */
function faultOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const words: Record<string, string> = { EADDRINUSE: 'another program has it', EACCES: 'this user may not' }
      resolve(words[code ?? ''] ?? message)
    })
    probe.listen({ host: '127.0.0.1', port }, () => probe.close(() => resolve(undefined)))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
