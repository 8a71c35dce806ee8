import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { command } from '../../src/flow/command.ts'
import { flushFailedJobs, pauseQueue, resumeQueue } from '../../src/flow/queue-commands.ts'
import { addOperator, staffCommands } from '../../src/staff/staff.ts'
import { House } from './house.ts'
import { noteFact } from './test-jobs.ts'

function setup(t: TestContext, commands = staffCommands) {
  const house = new House({ commands })
  t.after(() => house.close())
  const count = (table: string) => house.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
  const audit = () => house.db.prepare('SELECT actor, action, subject FROM audit').raw().all()
  return { house, count, audit }
}

const note = { actor: 'asha', action: 'door.open', subject: 'the front door' }

test('what an operator did and that they did it are on disk together, or neither is', async (t) => {
  for (const [point, stored] of [
    ['insert', 0],
    ['commit', 1],
  ] as const) {
    const { house, count } = setup(t)
    await house.crashAfter(point, () => house.run(noteFact, {}, note))
    assert.deepEqual([count('journal'), count('audit')], [stored, stored], point)
  }
})

test('what cannot be written down is not done', async (t) => {
  const unwilling = command('staff.audit', () => {
    throw new Error('the audit cannot be written')
  })
  const { house, count } = setup(t, [unwilling] as unknown as typeof staffCommands)
  await assert.rejects(house.run(noteFact, {}, note), { code: 'internal' })
  await house.run(noteFact, {})
  assert.deepEqual([count('journal'), count('audit')], [1, 0])
})

test('what was refused is not written down, and what was made is named', async (t) => {
  const { house, audit } = setup(t)
  const pay = { name: 'payments' } as const
  const resume = { ...note, action: 'queue.resume', subject: 'payments', unless: ['not-paused'] } as const
  assert.equal(await house.run(resumeQueue, pay, resume), 'not-paused')
  await house.run(pauseQueue, { ...pay, untilMs: null, reason: '' })
  assert.equal(await house.run(resumeQueue, pay, resume), 'resumed')
  const juma = { username: 'juma', passwordHash: '', role: 'viewer' } as const
  const add = {
    ...note,
    action: 'user.add',
    subject: 'juma, number',
    made: 'operatorId',
    unless: ['name-taken'],
  } as const
  await house.run(addOperator, juma, add)
  assert.deepEqual(await house.run(addOperator, juma, add), { outcome: 'name-taken' })
  await house.run(flushFailedJobs, {}, { ...note, action: 'job.flush', subject: 'failed jobs:', made: '' })
  assert.deepEqual(audit(), [
    ['asha', 'queue.resume', 'payments'],
    ['asha', 'user.add', 'juma, number 1'],
    ['asha', 'job.flush', 'failed jobs: 0'],
  ])
})
