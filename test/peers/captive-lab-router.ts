import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as ask, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { internetAnswer } from '../../src/simulators/router/internet.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { startDaemon } from '../flows/daemon.ts'
import { makeAuthority } from './certificates.ts'

/**
 * What stands in the lab's router namespace: the daemon, a proxy that speaks TLS for it, the simulated router and M-PESA, dnsmasq, nftables, and an
 * Internet that answers the phones' questions. A phone is let through by nftables alone, when the router has a session of it.
 */
const GATEWAY = '10.77.0.1'
const PORTAL = `http://${GATEWAY}:8080`
const TLS_PORT = 8443
const CAPPORT = `https://${GATEWAY}:${TLS_PORT}/capport`
const HOTSPOT_PORT = 8081
const INTERNET_PORT = 9090
const DAY_MS = 86_400_000

const RULES = `table inet hotspot {
  set authed { type ether_addr; }
  chain capture {
    type nat hook prerouting priority -100;
    iifname lan0 ip daddr ${GATEWAY} accept
    iifname lan0 ether saddr @authed tcp dport 80 redirect to :${INTERNET_PORT}
    iifname lan0 tcp dport 80 redirect to :${HOTSPOT_PORT}
  }
  chain refuse {
    type filter hook input priority 0; policy accept;
    iifname lan0 tcp dport 443 reject with tcp reset
  }
}
`

const DARAJA = { consumerKey: 'key', consumerSecret: 'consumer-secret', shortcode: '174379', passkey: 'the-passkey' }
const TOKEN = 'an-admin-token-for-the-lab'
const [dataDir = ''] = process.argv.slice(2)

const nft = (...words: string[]) => {
  const { status, stderr } = spawnSync('nft', words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`nft ${words.join(' ')}: ${stderr}`)
}

const { stderr, status } = spawnSync('nft', ['-f', '-'], { input: RULES, encoding: 'utf8' })
if (status !== 0) throw new Error(`nft: ${stderr}`)
const dnsmasq = spawn('dnsmasq', [
  ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root', '--interface=lan0'],
  ...['--bind-interfaces', '--no-resolv', '--no-hosts', '--address=/#/198.51.100.1', '--local-ttl=5'],
  ...['--dhcp-range=10.77.0.50,10.77.0.99,1h', `--dhcp-option=3,${GATEWAY}`, `--dhcp-option=6,${GATEWAY}`],
  `--dhcp-option-force=114,${CAPPORT}`,
  `--dhcp-leasefile=${dataDir}/leases`,
])
const internet = createServer((request, response) => {
  const { status, headers, body } = internetAnswer(new URL(request.url ?? '/', `http://${request.headers.host}`))
  response.writeHead(status, { ...headers, Connection: 'close' }).end(body)
}).listen(INTERNET_PORT)
await once(internet, 'listening')

const { key, cert } = makeAuthority(dataDir, GATEWAY).issue('portal')
const proxy = createTlsServer(
  { key: readFileSync(key), cert: readFileSync(cert) },
  ({ url, headers, socket }, response) => {
    const forwarded = { ...headers, 'x-forwarded-for': socket.remoteAddress }
    ask({ host: GATEWAY, port: 8080, path: url, headers: forwarded }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }).end()
  },
).listen(TLS_PORT, GATEWAY)
await once(proxy, 'listening')

const mpesa = await startMpesaSimulator({ ...DARAJA, pinDelayMs: 500 })
const router = await startRouterSimulator({
  host: GATEWAY,
  httpPort: HOTSPOT_PORT,
  username: 'mlango',
  password: 'an-api-password',
})
const daemon = await startDaemon({
  MLANGO_STORAGE_DATA_DIR: `${dataDir}/data`,
  MLANGO_SITE_PORTAL_URL: PORTAL,
  MLANGO_HTTP_PORT: '8080',
  MLANGO_HTTP_TRUSTED_PROXIES: GATEWAY,
  MLANGO_ADMIN_TOKEN: TOKEN,
  MLANGO_MPESA_BASE_URL: mpesa.url,
  MLANGO_MPESA_CONSUMER_KEY: DARAJA.consumerKey,
  MLANGO_MPESA_CONSUMER_SECRET: DARAJA.consumerSecret,
  MLANGO_MPESA_SHORTCODE: DARAJA.shortcode,
  MLANGO_MPESA_PASSKEY: DARAJA.passkey,
  MLANGO_MPESA_CALLBACK_BASE_URL: 'http://127.0.0.1:8080',
})

async function call(path: string, body: object): Promise<void> {
  const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' }
  const answer = await fetch(`${PORTAL}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
}
const radiusSecret = 'a-radius-secret'
await call('/api/routers', {
  name: 'Lab',
  address: GATEWAY,
  api_port: router.apiPort,
  api_username: 'mlango',
  api_password: 'an-api-password',
  radius_secret: radiusSecret,
  coa_port: router.coaPort,
})
await call('/api/packages', { name: '1 hour', price_cents: 1000, duration_seconds: 3600 })
router.setRadius({ host: GATEWAY, authPort: 1812, acctPort: 1813, secret: radiusSecret })
await router.fetchLoginPage(`${PORTAL}/hotspot/login.html?router=1`)

/** As a router does it: who has a session is let through, and nobody else. */
async function keepGate(macAddress: string): Promise<void> {
  for (;;) {
    await router.whenOnline(macAddress, DAY_MS)
    nft('add', 'element', 'inet', 'hotspot', 'authed', `{ ${macAddress} }`)
    await router.whenOffline(macAddress, DAY_MS)
    nft('delete', 'element', 'inet', 'hotspot', 'authed', `{ ${macAddress} }`)
  }
}

process.on('message', (phone: { macAddress: string; ipAddress: string }) => {
  router.join(phone.macAddress, phone.ipAddress)
  // The router's end is the end of the watch.
  keepGate(phone.macAddress).catch(() => {})
  process.send?.('joined')
})
process.on('disconnect', async () => {
  dnsmasq.kill()
  internet.close()
  proxy.close()
  await daemon.stop()
  await Promise.all([router.stop(), mpesa.stop()])
  process.exit()
})
process.send?.('ready')
