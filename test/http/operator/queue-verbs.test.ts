import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard, done, offline } from '../../../src/flow/job-outcome.ts'
import { maskedPayload } from '../../../src/http/operator/masked-payload.ts'
import { openQueueHouse } from './queue-house.ts'

async function setup(t: TestContext) {
  const desk = await openQueueHouse()
  t.after(() => desk.close())
  return desk
}

const names = (items: { name: string; state: string }[]) => items.map(({ name, state }) => `${name} ${state}`)

test('jobs are listed by state, queue and name, a page at a time', async (t) => {
  const { house, call } = await setup(t)
  house.handle('take-money', () => new Promise(() => {}))
  house.handle('open-door', async () => discard('locked'))
  for (let job = 0; job < 4; job++) await house.enqueue('take-money', 'it')
  await house.enqueue('open-door', 'front')
  await house.enqueue('ring-bell', 'later', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.enqueue('send-text', 'hello')
  await house.enqueue('count-heads', 'three')
  await house.pass(1_000)
  const list = async (query: string) => names((await call('viewer', 'GET', `/api/jobs?${query}`)).body.items)
  assert.deepEqual(await list('state=running'), ['take-money running', 'take-money running'])
  assert.deepEqual(await list('state=ready&queue=payments'), ['take-money ready', 'take-money ready'])
  assert.deepEqual(await list('state=ready&name=send-text'), ['send-text ready'])
  assert.deepEqual(await list('state=scheduled'), ['ring-bell scheduled'])
  assert.deepEqual(await list('state=failed'), ['open-door failed'])
  assert.deepEqual(await list('state=done'), ['count-heads done'])
  const first = (await call('viewer', 'GET', '/api/jobs?state=ready&limit=2')).body
  const second = (await call('viewer', 'GET', `/api/jobs?state=ready&limit=2&cursor=${first.next_cursor}`)).body
  assert.deepEqual([first.items.length, second.items.length, second.next_cursor], [2, 1, null])
  assert.equal((await call('viewer', 'GET', '/api/jobs?state=asleep')).status, 422)
})

test('a job that is done can still be looked at', async (t) => {
  const { house, call } = await setup(t)
  const jobId = await house.enqueue('count-heads', 'three')
  await house.settle()
  const { status, body } = await call('viewer', 'GET', `/api/jobs/${jobId}`)
  assert.deepEqual([status, body.state, body.outcome, body.payload], [200, 'done', 'done', { what: 'three' }])
  assert.equal((await call('viewer', 'GET', '/api/jobs/999')).status, 404)
})

test('secrets and phone numbers in a payload are masked, however deep they lie', () => {
  assert.deepEqual(
    maskedPayload({
      paymentId: 'p1',
      phoneNumber: '254712345678',
      nothing: { password: null },
      router: { name: 'North', apiPassword: 'x', radius_secret: 'y', list: [{ token: 'z', keyboard: 'qwerty' }] },
    }),
    {
      paymentId: 'p1',
      phoneNumber: '•••',
      nothing: { password: null },
      router: { name: 'North', apiPassword: '•••', radius_secret: '•••', list: [{ token: '•••', keyboard: 'qwerty' }] },
    },
  )
})

test('an operator pauses a queue, sees it, and lets it go on; everything is written down', async (t) => {
  const { house, call, audit } = await setup(t)
  const until = new Date(house.clock.nowMs() + 3_600_000).toISOString()
  assert.equal((await call('admin', 'POST', '/api/queue/payments/pause', { until, reason: 'till count' })).status, 200)
  await house.enqueue('take-money')
  await house.settle()
  const payments = (await call('viewer', 'GET', '/api/queue')).body.queues[2]
  assert.deepEqual(
    [payments.paused, payments.paused_until, payments.paused_reason, payments.held],
    [true, until, 'till count', 1],
  )
  assert.deepEqual(names((await call('viewer', 'GET', '/api/jobs?state=held')).body.items), ['take-money held'])
  assert.equal((await call('admin', 'POST', '/api/queue/payments/resume')).status, 200)
  assert.equal((await call('admin', 'POST', '/api/queue/payments/resume')).status, 409)
  assert.equal((await call('admin', 'POST', '/api/queue/payments/pause')).body.paused_until, null)
  assert.deepEqual(audit(), [
    ['token admin', 'queue.pause', `payments until ${until}`],
    ['token admin', 'queue.resume', 'payments'],
    ['token admin', 'queue.pause', 'payments'],
  ])
  assert.equal((await call('admin', 'POST', '/api/queue/fax/pause')).status, 404)
  const past = new Date(house.clock.nowMs() - 1).toISOString()
  assert.equal((await call('admin', 'POST', '/api/queue/payments/pause', { until: past })).status, 422)
})

test('an operator cancels and runs single jobs', async (t) => {
  const { house, call, audit } = await setup(t)
  house.handle('take-money', (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)))
  const runs = await house.enqueue('take-money')
  const waits = await house.enqueue('send-text', 'a', { runAtMs: house.clock.nowMs() + 60_000 })
  const wanted = await house.enqueue('send-text', 'b', { runAtMs: house.clock.nowMs() + 60_000 })
  await house.settle()
  const cancel = (jobId: number) => call('admin', 'POST', `/api/jobs/${jobId}/cancel`)
  assert.deepEqual((await cancel(runs)).body, { job_id: runs, outcome: 'stopping' })
  assert.deepEqual((await cancel(waits)).body, { job_id: waits, outcome: 'cancelled' })
  assert.equal((await cancel(waits)).status, 404)
  assert.equal((await call('admin', 'POST', `/api/jobs/${wanted}/run`)).status, 202)
  await house.pass(1_000)
  assert.deepEqual(house.live(), [])
  const outcome = async (jobId: number) => (await call('viewer', 'GET', `/api/jobs/${jobId}`)).body.outcome
  assert.deepEqual(
    [await outcome(runs), await outcome(waits), await outcome(wanted)],
    ['cancelled', 'cancelled', 'done'],
  )
  assert.deepEqual(
    audit().map(([, action, subject]) => [action, subject]),
    [
      ['job.cancel', `job ${runs}`],
      ['job.cancel', `job ${waits}`],
      ['job.run-now', `job ${wanted}`],
    ],
  )
})

test('failed jobs are retried one by one, by filter, forgotten and flushed; everything is written down', async (t) => {
  const { house, call, audit } = await setup(t)
  const handlers = ['take-money', 'send-text'] as const
  for (const name of handlers) house.handle(name, async () => discard('no'))
  const [first, second] = [await house.enqueue('take-money'), await house.enqueue('take-money')]
  for (let job = 0; job < 3; job++) await house.enqueue('send-text')
  await house.drain()
  assert.equal(house.failed().length, 5)
  for (const name of handlers) house.handle(name, async () => done())
  assert.equal((await call('admin', 'POST', `/api/jobs/${first}/retry`)).status, 202)
  assert.equal((await call('admin', 'POST', `/api/jobs/${first}/retry`)).status, 409)
  assert.equal((await call('admin', 'DELETE', `/api/jobs/${second}`)).status, 204)
  assert.equal((await call('admin', 'POST', '/api/jobs/retry', {})).status, 422)
  assert.deepEqual((await call('admin', 'POST', '/api/jobs/retry', { queue: 'hotspot-sms' })).body, { retried: 3 })
  await house.drain()
  house.handle('take-money', async () => discard('no'))
  await house.enqueue('take-money')
  await house.drain()
  assert.deepEqual((await call('admin', 'DELETE', '/api/jobs')).body, { forgotten: 1 })
  assert.deepEqual(
    audit().map(([, action, subject]) => [action, subject]),
    [
      ['job.retry', `job ${first}`],
      ['job.forget', `job ${second}`],
      ['job.retry-all', 'jobs of hotspot-sms: 3'],
      ['job.flush', 'failed jobs: 1'],
    ],
  )
})

test('a failed job that cannot be retried says why; one that is not there cannot be forgotten', async (t) => {
  const { house, call } = await setup(t)
  house.handle('sweep-floor', async () => discard('no'))
  house.handle('take-money', async () => discard('no'))
  const swept = await house.enqueue('sweep-floor')
  const gone = await house.enqueue('take-money')
  await house.drain()
  house.handle('sweep-floor', () => new Promise(() => {}))
  await house.enqueue('sweep-floor')
  house.db.prepare("UPDATE failed_jobs SET name = 'of-another-release' WHERE id = ?").run(gone)
  const detail = async (method: string, path: string) => {
    const { status, body } = await call('admin', method, path)
    return [status, body.detail]
  }
  assert.deepEqual(await detail('POST', `/api/jobs/${swept}/retry`), [409, 'A live job does its work.'])
  assert.deepEqual(await detail('POST', `/api/jobs/${gone}/retry`), [
    409,
    'This release has no job named of-another-release.',
  ])
  assert.deepEqual(await detail('POST', '/api/jobs/99/retry'), [409, 'There is no failed job with this id.'])
  assert.deepEqual(await detail('DELETE', '/api/jobs/99'), [409, 'There is no failed job with this id.'])
})

test('to forget the failed jobs of one queue is refused, and forgets none of the others', async (t) => {
  const { house, call, audit } = await setup(t)
  house.handle('take-money', async () => discard('no'))
  await house.enqueue('take-money')
  await house.drain()
  const { status, body } = await call('admin', 'DELETE', '/api/jobs?queue=hotspot-sms')
  assert.deepEqual([status, body.detail], [422, 'queue: is not known here'])
  assert.deepEqual([house.failed().length, audit()], [1, []])
})

test('viewers and cashiers look but do not touch', async (t) => {
  const { house, call, audit } = await setup(t)
  const jobId = await house.enqueue('send-text', 'it', { runAtMs: house.clock.nowMs() + 60_000 })
  const verbs = [
    ['POST', '/api/queue/payments/pause'],
    ['POST', '/api/queue/payments/resume'],
    ['POST', '/api/queue/run-next'],
    ['POST', `/api/jobs/${jobId}/cancel`],
    ['POST', `/api/jobs/${jobId}/run`],
    ['POST', `/api/jobs/${jobId}/retry`],
    ['POST', '/api/jobs/retry'],
    ['DELETE', `/api/jobs/${jobId}`],
    ['DELETE', '/api/jobs'],
  ] as const
  for (const role of ['viewer', 'cashier'] as const) {
    for (const [method, path] of verbs) assert.equal((await call(role, method, path)).status, 403, `${method} ${path}`)
  }
  assert.deepEqual(house.live(), ['send-text scheduled'])
  assert.deepEqual(audit(), [])
})

test('targets that are down are named with what they hold, and the minutes tell how runs fared', async (t) => {
  const { house, call } = await setup(t)
  house.handle('set-up-router', async () => offline('no answer', 'router north'))
  await house.enqueue('set-up-router', 'north')
  await house.settle()
  const [down] = (await call('viewer', 'GET', '/api/queue')).body.targets_down
  assert.deepEqual([down.target, down.reason, down.held, down.failures], ['router north', 'no answer', 1, 1])
  const { body } = await call('viewer', 'GET', '/api/queue/minutes?queue=router-provisioning&minutes=5')
  assert.deepEqual([body.items.length, body.items[0].other_runs, body.items[0].done], [1, 1, 0])
  assert.equal((await call('viewer', 'GET', '/api/queue/minutes?minutes=0')).status, 422)
})

test('the desk pauses and resumes a queue and forgets a failed job, for an admin with a form of this sign-in', async (t) => {
  const { house, click, audit } = await setup(t)
  house.handle('take-money', async () => discard('no'))
  const jobId = await house.enqueue('take-money')
  await house.drain()
  assert.equal(await click('admin', '/console/queue/payments/pause'), '/console?told=paused')
  await house.enqueue('take-money')
  await house.settle()
  assert.deepEqual(house.live(), ['take-money held'])
  assert.equal(await click('admin', '/console/queue/payments/resume'), '/console?told=resumed')
  assert.equal(await click('admin', `/console/jobs/${jobId}/forget`), '/console?told=forgotten')
  assert.equal(await click('admin', '/console/queue/fax/pause'), '404')
  assert.equal(await click('admin', '/console/queue/payments/pause', 'an-old-form'), '/console?told=old-form')
  assert.equal(await click('cashier', '/console/queue/payments/pause'), '403')
  assert.deepEqual(
    audit()
      .filter(([, action]) => action !== 'session.open')
      .map((entry) => entry.join(' ')),
    ['admin queue.pause payments', 'admin queue.resume payments', `admin job.forget job ${jobId}`],
  )
})
