import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { openEventStream } from '../flows/event-stream.ts'
import { freePort } from '../flows/free-port.ts'
import type { PaymentView } from '../flows/site.ts'
import { mlango, startMlango } from './mlango.ts'

const shell = promisify(execFile)

async function setup(t: TestContext, port?: number | null) {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-demo-test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const httpPort = port === undefined ? await freePort() : port
  const demo = startMlango(['demo', ...(httpPort === null ? [] : ['--port', String(httpPort)])], { TMPDIR: dir })
  t.after(() => demo.kill('SIGKILL'))
  const curlLine = (await demo.line(/^ +curl .*\/api\/payments\/stk/)).trim()
  await demo.line(/Ctrl-C/)
  return { dir, httpPort, demo, curlLine, text: demo.lines.join('\n') }
}

test('the demo prints a portal, a console with its login, and a line that buys an hour and brings the phone online', async (t) => {
  const { demo, curlLine, text, httpPort, dir } = await setup(t)
  const portal = /Portal +(\S+)/.exec(text)?.[1] ?? ''
  const [, consoleUrl, username, password] = /Console +(\S+) +(\S+) \/ (\S+)/.exec(text) ?? []
  // The phone is sent to the portal by the router that it has joined.
  const page = await fetch(portal)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /1 hour/)
  const signedIn = await fetch(`http://127.0.0.1:${httpPort}/api/session`, {
    method: 'POST',
    body: JSON.stringify({ username, password }),
  })
  assert.equal(signedIn.status, 200)
  assert.equal((await fetch(consoleUrl ?? '')).status, 200)

  // Its router has called home.
  const token = /Bearer ([\w-]+)/.exec(text)?.[1]
  const headers = { Authorization: `Bearer ${token}` }
  const routers = await (await fetch(`http://127.0.0.1:${httpPort}/api/routers`, { headers })).json()
  assert.equal((routers as { items: { status: string }[] }).items[0]?.status, 'adopted')
  assert.match(text, /one simulated phone/)

  const { stdout } = await shell('sh', ['-c', curlLine])
  const bought = JSON.parse(stdout) as { events_url: string }
  await demo.line(/router: 5E:0A:11:22:33:44 logs in as \w+ by .*: (accept|online|ok)/)
  await demo.line(/SMS to \+?2547/)
  // The message may be faster than the router's word that the phone is online.
  const followed = await openEventStream<PaymentView>(`http://127.0.0.1:${httpPort}${bought.events_url}`)
  await followed.when(({ access }) => access?.online === true)
  followed.close()

  const accessUrl = /What it has: (http\S+)/.exec(await demo.line(/What it has/))?.[1] ?? ''
  assert.match(await (await fetch(accessUrl)).text(), /Disconnect/)

  const [, words = '', file = ''] = /Commands +scripts\/mlango (\w+ \w+) --config (\S+)/.exec(text) ?? []
  const asked = await mlango([...words.split(' '), '--config', file])
  assert.deepEqual([asked.status, asked.stderr], [0, ''])
  assert.equal(statSync(file).mode & 0o777, 0o600)
  // What the daemon of the demo has, the doctor sees.
  const seen = await mlango(['doctor', '--config', file])
  for (const about of ['M-PESA', 'SMS', 'broker']) assert.match(seen.stdout, new RegExp(`^ok {4,}${about} `, 'm'))

  const stoppedMs = performance.now()
  assert.equal(await demo.interrupt(), 0)
  assert.ok(performance.now() - stoppedMs < 10_000, 'it took more than ten seconds to end')
  assert.deepEqual(readdirSync(dir), [])
  await assert.rejects(fetch(`http://127.0.0.1:${httpPort}/healthz`))
})

test('the demo sells by voucher too, and takes another port when its own is not free', async (t) => {
  // Held here, or by somebody else already.
  const held = createServer().on('error', () => {})
  held.listen(8080, '127.0.0.1')
  await Promise.race([once(held, 'listening'), once(held, 'error')])
  t.after(() => held.close())
  const other = await setup(t, null)
  const consoleUrl = /Console +(\S+)/.exec(other.text)?.[1] ?? ''
  assert.equal(/Port 8080 is not free; the demo has taken (\d+)\./.exec(other.text)?.[1], new URL(consoleUrl).port)
  const code = /Vouchers +(\S+)/.exec(other.text)?.[1]
  const redeemed = await fetch(new URL('/api/vouchers/redeem', consoleUrl), {
    method: 'POST',
    body: JSON.stringify({ code, mac_address: '5E:0A:11:22:33:44' }),
  })
  assert.equal(redeemed.status, 200)
  await other.demo.line(/router: 5E:0A:11:22:33:44 logs in/)
  assert.equal(await other.demo.interrupt(), 0)
})

test('a port that was asked for and is not free is told in one sentence', async (t) => {
  const held = createServer().listen(0, '127.0.0.1')
  await once(held, 'listening')
  t.after(() => held.close())
  const { port } = held.address() as AddressInfo
  const { status, stderr } = await mlango(['demo', '--port', String(port)])
  assert.deepEqual(
    [status, stderr],
    [1, `mlango: The demo cannot have port ${port}: another program has it. Choose another one with --port.\n`],
  )
})

test('Ctrl-C while the demo starts leaves nothing behind', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-demo-test-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const demo = startMlango(['demo', '--port', String(await freePort())], { TMPDIR: dir })
  t.after(() => demo.kill('SIGKILL'))
  while (readdirSync(dir).length === 0) await new Promise((resolve) => setImmediate(resolve))
  await demo.interrupt()
  assert.deepEqual(readdirSync(dir), [])
})
