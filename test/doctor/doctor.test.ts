import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { closeDays } from '../../src/billing/settlement.ts'
import { systemClock } from '../../src/clock.ts'
import { openConfigSource } from '../../src/config.ts'
import { examine } from '../../src/doctor.ts'
import { MlangoError } from '../../src/errors.ts'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startRouterSimulator } from '../../src/simulators/router/router-simulator.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openRooms } from '../billing/rooms.ts'
import { freePort } from '../flows/free-port.ts'
import { ROUTER_CERTIFICATE, ROUTER_KEY } from '../routers/certificates.ts'

const ready = async () => ({ status: 'ready', notices: [] })
const absent = async () => {
  throw new MlangoError('daemon-unreachable', 'The control socket answers nobody')
}

function setup(t: TestContext) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  // The machine's own word about its clock, so that the test does not depend on this one's.
  const bin = join(rooms.dir, 'bin')
  mkdirSync(bin)
  const saySynchronized = (word: 'yes' | 'no') =>
    writeFileSync(join(bin, 'timedatectl'), `#!/bin/sh\necho ${word}\n`, { mode: 0o755 })
  saySynchronized('yes')
  const path = process.env.PATH
  process.env.PATH = `${bin}:${path}`
  t.after(() => {
    process.env.PATH = path
  })
  /** The wall clock at the moment of the last fact. */
  const clock = { ...systemClock, nowMs: () => rooms.clock.nowMs() }

  async function look(environment: Record<string, string> = {}, { askDaemon = ready as () => Promise<unknown> } = {}) {
    const source = openConfigSource(undefined, { MLANGO_STORAGE_DATA_DIR: rooms.dir, ...environment })
    const findings = await examine({ source, clock, askDaemon })
    const about = (what: string) => findings.filter((finding) => finding.about === what)
    return {
      findings,
      about,
      wrong: findings.filter(({ outcome }) => outcome === 'wrong').map(({ about, says }) => `${about}: ${says}`),
      /** The one thing that is wrong. */
      fault: () => {
        const wrong = findings.filter(({ outcome }) => outcome === 'wrong')
        assert.equal(wrong.length, 1, JSON.stringify(wrong))
        assert.ok((wrong[0]?.todo?.length ?? 0) > 10, 'it does not say what to do')
        return wrong[0] as (typeof wrong)[number]
      },
    }
  }
  return { rooms, look, clock, saySynchronized }
}

test('a site with nothing configured is well, and what is not there is left out', async (t) => {
  const { look } = setup(t)
  const { wrong, findings, about } = await look()
  assert.deepEqual(wrong, [])
  for (const what of ['router', 'M-PESA', 'SMS', 'broker']) assert.equal(about(what)[0]?.outcome, 'left-out', what)
  assert.deepEqual(
    [...new Set(findings.map(({ about }) => about))],
    ['configuration', 'daemon', 'database', 'clock', 'router', 'M-PESA', 'SMS', 'broker'],
  )
})

test('a daemon that does not run, and one that is not ready, are told apart', async (t) => {
  const { look } = setup(t)
  const free = { MLANGO_HTTP_PORT: '0', MLANGO_RADIUS_AUTH_PORT: '0', MLANGO_RADIUS_ACCT_PORT: '0' }
  const gone = await look(free, { askDaemon: absent })
  assert.equal(gone.fault().says, 'It does not run.')
  assert.doesNotMatch(gone.fault().todo ?? '', /systemctl/, 'there is no service in a checkout')
  assert.equal(gone.about('ports').length, 3)
  const askDaemon = async () => {
    throw new MlangoError('not-ready', 'The work thread is not running.')
  }
  const ill = await look({}, { askDaemon })
  assert.match(ill.fault().says, /not ready: The work thread is not running/)
  assert.deepEqual(ill.about('ports'), [])
})

test('what a ready daemon says that a person must look at is wrong all the same', async (t) => {
  const { look } = setup(t)
  const askDaemon = async () => ({
    status: 'ready',
    notices: [{ code: 'queue-paused', message: 'The queue is paused.' }],
  })
  const { fault, about } = await look({}, { askDaemon })
  assert.equal(about('daemon')[0]?.outcome, 'well')
  assert.equal(fault().says, 'The queue is paused.')
})

test('a port that somebody else has is named', async (t) => {
  const { look } = setup(t)
  const tcp = createServer().listen({ host: '127.0.0.1', port: 0 })
  const udp = createSocket('udp4')
  udp.bind(0, '127.0.0.1')
  await Promise.all([once(tcp, 'listening'), once(udp, 'listening')])
  t.after(() => {
    tcp.close()
    udp.close()
  })
  const { wrong } = await look(
    {
      MLANGO_HTTP_HOST: '127.0.0.1',
      MLANGO_HTTP_PORT: String((tcp.address() as AddressInfo).port),
      MLANGO_RADIUS_HOST: '127.0.0.1',
      MLANGO_RADIUS_AUTH_PORT: String(udp.address().port),
      MLANGO_RADIUS_ACCT_PORT: '0',
    },
    { askDaemon: absent },
  )
  assert.equal(wrong.length, 3)
  assert.match(wrong.join('\n'), new RegExp(`TCP 127.0.0.1:${(tcp.address() as AddressInfo).port} .*EADDRINUSE`))
  assert.match(wrong.join('\n'), new RegExp(`UDP 127.0.0.1:${udp.address().port} .*EADDRINUSE`))
})

test('an address that this machine does not have is named', async (t) => {
  const { look } = setup(t)
  const elsewhere = { MLANGO_HTTP_HOST: '203.0.113.7', MLANGO_RADIUS_AUTH_PORT: '0', MLANGO_RADIUS_ACCT_PORT: '0' }
  const { about } = await look(elsewhere, { askDaemon: absent })
  const [http] = about('ports')
  assert.equal(http?.outcome, 'wrong')
  assert.match(http?.todo ?? '', /\[http\] host/)
})

test('a database that is damaged, or of a newer release, is not trusted', async (t) => {
  const { rooms, look } = setup(t)
  rooms.db.pragma('user_version = 9999')
  assert.match((await look()).fault().says, /schema 9999/)
  rooms.db.pragma('user_version = 1')
  for (let number = 0; number < 200; number++) rooms.addRouter()
  rooms.db.pragma('wal_checkpoint(TRUNCATE)')
  const file = openSync(rooms.file, 'r+')
  const pages = statSync(rooms.file).size / 4096
  for (let page = 2; page < pages; page += 2) writeSync(file, Buffer.alloc(4096, 0x5a), 0, 4096, page * 4096)
  closeSync(file)
  const { about } = await look()
  assert.equal(about('database')[0]?.outcome, 'wrong')
  assert.match(about('database')[0]?.says ?? '', /damaged|cannot be read|malformed/)
})

test('a row that refers to nothing is found', async (t) => {
  const { rooms, look } = setup(t)
  rooms.db.pragma('foreign_keys = OFF')
  rooms.db.exec("INSERT INTO voucher_batches (id, package_id, created_at_ms) VALUES ('b', 99, 0)")
  assert.match((await look()).fault().says, /voucher_batches refers to one of packages/)
})

test('a box that listens for itself alone, or a router that has not called home, is told with what to do', async (t) => {
  const { rooms, look } = setup(t)
  const routerId = rooms.addRouter()
  const [unreachable, silent] = (await look({ MLANGO_HTTP_HOST: '127.0.0.1' })).about('router')
  assert.equal(unreachable?.says, 'No router can reach this box at 127.0.0.1.')
  assert.match(unreachable?.todo ?? '', /\[site\] portal_url/)
  assert.match(silent?.todo ?? '', new RegExp(`mlango router script ${routerId} --line`))
  const behindProxy = { MLANGO_HTTP_HOST: '127.0.0.1', MLANGO_SITE_PORTAL_URL: 'http://10.5.50.2' }
  assert.equal((await look(behindProxy)).about('router').length, 1)
})

test('before the first start there is no database, and that is no fault', async (t) => {
  const { rooms, look } = setup(t)
  const { wrong, about } = await look({ MLANGO_STORAGE_DATA_DIR: join(rooms.dir, 'not-yet') })
  assert.deepEqual(wrong, [])
  assert.equal(about('database')[0]?.outcome, 'left-out')
})

test('a clock that is behind what was recorded is wrong', async (t) => {
  const { rooms, look, clock } = setup(t)
  rooms.addRouter({ address: '192.0.2.1' })
  const config = { MLANGO_STORAGE_DATA_DIR: rooms.dir }
  const earlier = { ...clock, nowMs: () => rooms.clock.nowMs() - 120_000 }
  const findings = await examine({ source: openConfigSource(undefined, config), clock: earlier, askDaemon: ready })
  const found = findings.find(({ about }) => about === 'clock')
  assert.equal(found?.outcome, 'wrong')
  assert.match(found?.says ?? '', /was recorded at/)
  assert.equal((await look()).about('clock')[0]?.outcome, 'well')
})

test('a clock that nobody has set is wrong', async (t) => {
  const { look, saySynchronized } = setup(t)
  saySynchronized('no')
  assert.match((await look()).fault().todo ?? '', /timedatectl set-ntp true/)
})

/** Answers every request like this. */
async function startServer(t: TestContext, status: number, body: string, headers: Record<string, string> = {}) {
  const server = createServer((_, answer) => answer.writeHead(status, headers).end(body))
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const mpesaAt = (url: string, secret = 'secret') => ({
  MLANGO_MPESA_BASE_URL: url,
  MLANGO_MPESA_CONSUMER_KEY: 'key',
  MLANGO_MPESA_CONSUMER_SECRET: secret,
  MLANGO_MPESA_SHORTCODE: '174379',
  MLANGO_MPESA_PASSKEY: 'passkey',
  MLANGO_MPESA_CALLBACK_BASE_URL: 'https://pay.example',
})

test('M-PESA is asked whether it takes our key', async (t) => {
  const { look } = setup(t)
  const account = { consumerKey: 'key', consumerSecret: 'secret', shortcode: '174379', passkey: 'passkey' }
  const mpesa = await startMpesaSimulator(account)
  t.after(() => mpesa.stop())
  assert.match((await look(mpesaAt(mpesa.url))).about('M-PESA')[0]?.says ?? '', /takes our key/)
  const { fault } = await look(mpesaAt(mpesa.url, 'wrong-secret'))
  assert.match(fault().says, /does not take our key/)
  assert.match(fault().todo ?? '', /consumer_key and consumer_secret/)
  assert.ok(!JSON.stringify(fault()).includes('wrong-secret'))
  const nobody = await look(mpesaAt(`http://127.0.0.1:${await freePort()}`))
  assert.match(nobody.fault().says, /cannot be asked/)
})

test('a server that shows another time tells that our clock is off', async (t) => {
  const { look } = setup(t)
  const url = await startServer(t, 200, '{"access_token":"x","expires_in":"3599"}', {
    Date: new Date(Date.now() - 300_000).toUTCString(),
  })
  const { fault } = await look(mpesaAt(url))
  assert.equal(fault().about, 'clock')
  assert.match(fault().says, /^It is (299|300|301) s ahead of 127\.0\.0\.1/)
})

const smsAt = (url: string) => ({
  MLANGO_SMS_PROVIDER: 'africastalking',
  MLANGO_SMS_BASE_URL: url,
  MLANGO_SMS_USERNAME: 'sandbox',
  MLANGO_SMS_API_KEY: 'the-api-key',
})

test('the SMS gateway is asked whether it knows us, and how much is left', async (t) => {
  const { look } = setup(t)
  const known = await look(smsAt(await startServer(t, 200, '{"UserData":{"balance":"KES 1785.50"}}')))
  assert.match(known.about('SMS')[0]?.says ?? '', /the balance is KES 1785\.50/)
  const refused = await look(smsAt(await startServer(t, 401, 'The supplied authentication is invalid')))
  assert.match(refused.fault().todo ?? '', /username and api_key/)
  const ill = await look(smsAt(await startServer(t, 503, '')))
  assert.match(ill.fault().says, /HTTP 503/)
  const nobody = await look(smsAt(`http://127.0.0.1:${await freePort()}`))
  assert.match(nobody.fault().says, /cannot be asked/)
  assert.ok(!JSON.stringify([refused.findings, nobody.findings]).includes('the-api-key'))
})

test('the broker is asked to let us in, and nothing is left there', async (t) => {
  const { look } = setup(t)
  const broker = await startBrokerSimulator()
  t.after(() => broker.stop())
  const { wrong, about } = await look({ MLANGO_CLOUD_URL: broker.url })
  assert.deepEqual(wrong, [])
  assert.match(about('broker')[0]?.says ?? '', /lets us in/)
  const nobody = await look({ MLANGO_CLOUD_URL: `mqtt://127.0.0.1:${await freePort()}` })
  assert.match(nobody.fault().says, /:\d+: nobody answers there\.$/)
  const noFile = await look({ MLANGO_CLOUD_URL: 'mqtts://127.0.0.1', MLANGO_CLOUD_CA: '/no/such.pem' })
  assert.match(noFile.fault().says, /ca names \/no\/such\.pem/)
})

test('each router is asked by its API', async (t) => {
  const { rooms, look } = setup(t)
  const router = await startRouterSimulator({ username: 'mlango', password: 'right' })
  t.after(() => router.stop())
  const at = { address: router.host, apiPort: router.apiPort, apiUsername: 'mlango' }
  const routerId = rooms.addRouter({ name: 'Tower 1', ...at, apiPassword: 'right' })
  const { wrong, about } = await look()
  assert.deepEqual(wrong, [])
  assert.match(about('router')[0]?.says ?? '', /Tower 1 .* answers; RouterOS \d/)
  rooms.db.exec("UPDATE routers SET api_password = 'wrong'")
  const refused = (await look()).fault()
  assert.match(refused.todo ?? '', new RegExp(`mlango router script ${routerId}`))
  rooms.db.exec(`UPDATE routers SET api_port = ${await freePort()}`)
  assert.match((await look()).fault().todo ?? '', /power/)
  rooms.db.exec('UPDATE routers SET address = NULL')
  assert.match((await look()).fault().says, /has not called home yet/)
})

test('the certificate of the door must fit its key and the time', async (t) => {
  const { rooms, look } = setup(t)
  const [cert, key] = [join(rooms.dir, 'cert.pem'), join(rooms.dir, 'key.pem')]
  writeFileSync(cert, ROUTER_CERTIFICATE)
  writeFileSync(key, ROUTER_KEY)
  const environment = { MLANGO_HTTP_TLS_CERT: cert, MLANGO_HTTP_TLS_KEY: key }
  assert.match((await look(environment)).about('certificate')[0]?.says ?? '', /good until 2126/)
  rooms.clock.step(100 * 365.25 * 86_400_000)
  assert.match((await look(environment)).fault().says, /has ended on 2126/)
  writeFileSync(cert, 'nonsense')
  assert.match((await look(environment)).fault().says, /cannot be read/)
})

test('a history of money that somebody has changed is found, and so is one that was cut off and goes on', async (t) => {
  const { rooms, look } = setup(t)
  openPurchase(rooms).prompted().paid()
  rooms.clock.step(86_400_000)
  rooms.run(closeDays, {})
  assert.ok((await look()).about('database').some(({ says }) => says === 'The history of money holds.'))
  rooms.db.exec('DROP TRIGGER payment_history_keeps; DROP TRIGGER payment_history_stays')
  rooms.db.exec('DELETE FROM payment_history WHERE id = (SELECT max(id) FROM payment_history)')
  assert.match((await look()).fault().says, /does not go on from the head/)
  rooms.db.exec("UPDATE payment_history SET by_whom = 'nobody' WHERE id = 2")
  assert.match((await look()).fault().says, /Row 2 of the history of money/)
})
