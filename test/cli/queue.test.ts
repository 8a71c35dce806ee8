import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { discard, done } from '../../src/flow/job-outcome.ts'
import { openQueueHouse } from '../http/operator/queue-house.ts'

async function setup(t: TestContext) {
  const desk = await openQueueHouse()
  t.after(() => desk.close())
  return desk
}

test('the queue on the command line: seen, paused, resumed', async (t) => {
  const { house, type, audit } = await setup(t)
  const { said } = await type('stats')
  assert.match(said, /payments .*\n[\s\S]*0 jobs\/s/)
  for (const line of said.split('\n')) assert.ok(line.length <= 100, line)
  assert.deepEqual(await type('pause', 'payments', '--reason', 'till count'), {
    status: 0,
    said: 'payments is paused until it is resumed.\n',
  })
  await house.enqueue('take-money')
  await house.settle()
  const { said: paused } = await type('stats')
  assert.match(paused, /^ *3 +payments .*paused$/m)
  assert.match(paused, /^payments is paused until it is resumed: till count$/m)
  assert.match((await type('list', '--state', 'held')).said, /take-money +held/)
  assert.equal((await type('list', '--state', 'ready')).said, 'No job is ready.\n')
  assert.equal((await type('list', '--state', 'asleep')).status, 2)
  assert.equal((await type('resume', 'payments')).status, 0)
  await house.drain()
  assert.match((await type('list', '--state', 'done', '--json')).said, /"name": "take-money"/)
  assert.deepEqual(await type('resume', 'payments'), {
    status: 1,
    said: 'mlango: The queue payments is not paused.\n',
  })
  assert.deepEqual(
    audit().map((entry) => entry.join(' ')),
    ['local queue.pause payments', 'local queue.resume payments'],
  )
})

test('single jobs on the command line: cancelled, run, shown', async (t) => {
  const { house, type } = await setup(t)
  const later = { runAtMs: house.clock.nowMs() + 60_000 }
  const unwanted = String(await house.enqueue('send-text', 'a', later))
  const wanted = String(await house.enqueue('send-text', 'b', later))
  assert.deepEqual(await type('cancel', unwanted), { status: 0, said: 'Cancelled.\n' })
  assert.equal((await type('cancel', unwanted)).status, 1)
  assert.equal((await type('run', wanted)).status, 0)
  await house.pass(1_000)
  assert.match((await type('show', wanted)).said, /"outcome": "done"/)
  assert.equal((await type('cancel', '../x')).status, 2)
})

test('work --once runs the next job and says how it ended', async (t) => {
  const { house, type } = await setup(t)
  assert.deepEqual(await type('work', '--once'), { status: 0, said: 'No job waits.\n' })
  await house.enqueue('send-text', 'a', { runAtMs: house.clock.nowMs() + 60_000 })
  assert.match((await type('work', '--once')).said, /^Job 1: done\.$/m)
  house.handle('take-money', async () => discard('no'))
  await house.enqueue('take-money', 'b', { runAtMs: house.clock.nowMs() + 60_000 })
  assert.deepEqual(await type('work', '--once'), { status: 1, said: 'Job 2: failed.\n' })
  assert.match((await type('failed')).said, /take-money +0 .* no$/m)
  house.handle('take-money', async () => done())
  assert.equal((await type('retry', '--all', '--job', 'take-money')).said, '1 jobs run again.\n')
  await house.settle()
  assert.equal((await type('failed')).said, 'No job has failed.\n')
  assert.equal((await type('flush')).said, '0 jobs forgotten.\n')
})
