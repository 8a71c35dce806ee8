import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseQueue } from '../../src/flow/queue-commands.ts'
import { openPurchase } from '../billing/purchase.ts'
import { openDesk } from './desk.ts'

test('it lives and is ready, and says so to anybody', async (t) => {
  const { ask } = openDesk(t)
  assert.deepEqual((await ask(null, 'GET', '/healthz')).body, { status: 'live' })
  assert.deepEqual((await ask(null, 'GET', '/readyz')).body, { status: 'ready', notices: [] })
})

test('what a person must look at is a notice, while it is ready', async (t) => {
  const { ask, rooms } = openDesk(t)
  rooms.run(pauseQueue, { name: 'payments', untilMs: null, reason: '' })
  const { status, body } = await ask(null, 'GET', '/readyz')
  assert.equal(status, 200)
  assert.deepEqual(
    body.notices.map(({ code }: { code: string }) => code),
    ['queue-paused'],
  )
})

test('while it cannot do its work it lives, and is not ready for a reason', async (t) => {
  const { ask, notReady } = openDesk(t)
  notReady('The work thread is not running.')
  assert.equal((await ask(null, 'GET', '/healthz')).status, 200)
  const { status, body } = await ask(null, 'GET', '/readyz')
  assert.deepEqual([status, body.code, body.detail], [503, 'not-ready', 'The work thread is not running.'])
  notReady(undefined)
  assert.equal((await ask(null, 'GET', '/readyz')).status, 200)
})

test('the numbers are Prometheus text that a scraper can read line by line', async (t) => {
  const { ask, rooms } = openDesk(t)
  openPurchase(rooms)
  const { status, headers, text } = await ask('viewer', 'GET', '/metrics')
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  const samples = new Map<string, number>()
  const kinds = new Map<string, string>()
  for (const line of text.trimEnd().split('\n')) {
    const kind = /^# TYPE (\w+) (gauge|counter)$/.exec(line)
    if (kind?.[1] && kind[2]) kinds.set(kind[1], kind[2])
    if (line.startsWith('#')) continue
    const sample = /^(\w+)(\{(?:\w+="[^"\\\n]*",?)*\})? (-?[\d.e+-]+)$/.exec(line)
    assert.ok(sample?.[1], `cannot be read: ${line}`)
    assert.ok(kinds.has(sample[1]), `no TYPE before ${line}`)
    assert.ok(!samples.has(sample[1] + (sample[2] ?? '')), `twice: ${line}`)
    samples.set(sample[1] + (sample[2] ?? ''), Number(sample[3]))
  }
  assert.equal(samples.get('mlango_payments{state="created"}'), 1)
  assert.equal(
    samples.get('mlango_jobs{queue="mpesa",state="ready"}') ??
      samples.get('mlango_jobs{queue="payments",state="ready"}'),
    1,
  )
  assert.equal(samples.get('mlango_radius_packets_total{outcome="access_accepts"}'), 7)
  assert.equal(samples.get('mlango_cloud_backlog'), 3)
  assert.equal(samples.get('mlango_journal_seq'), 1)
})

test('who is on the box itself needs no token for the numbers', async (t) => {
  const { ask } = openDesk(t)
  for (const from of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.8.8.8']) {
    assert.equal((await ask(null, 'GET', '/metrics', undefined, { from })).status, 200, from)
  }
  for (const from of ['192.168.88.50', '127.0.0.1.example', '10.0.0.1']) {
    assert.equal((await ask(null, 'GET', '/metrics', undefined, { from })).status, 401, from)
  }
})

test('what a proxy on the box passes on does not come from the box', async (t) => {
  const { ask } = openDesk(t)
  for (const name of ['X-Forwarded-For', 'Forwarded', 'Via', 'X-Real-IP']) {
    const asking = { from: '127.0.0.1', headers: { [name]: '203.0.113.7' } }
    assert.equal((await ask(null, 'GET', '/metrics', undefined, asking)).status, 401, name)
  }
})
