import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import * as z from 'zod'
import { bestReady } from '../../src/flow/claim-table.ts'
import { Claims } from '../../src/flow/claims.ts'
import { Holds } from '../../src/flow/holds.ts'
import type { AnyJobDefinition } from '../../src/flow/job-definition.ts'
import { kindsOf } from '../../src/flow/job-kinds.ts'
import { done, type JobOutcome, offline, unasked } from '../../src/flow/job-outcome.ts'
import { gate, House } from './house.ts'
import { CLAIM_OF_ONE_QUEUE, CLAIM_OF_TWO_QUEUES, plansOf } from './query-plans.ts'

/** Painting takes until the test says so. */
function setup(t: TestContext, general = 2) {
  const house = new House({ slots: { hotspot: 3, payments: 2, general } })
  t.after(() => house.close())
  const painting: (() => void)[] = []
  house.handle('paint-house', async () => {
    const { promise, resolve } = gate<void>()
    painting.push(resolve)
    await promise
    return done()
  })
  return { house, painting }
}

test('jobs that take long never hold all workers of their pool: what is short goes past those that wait', async (t) => {
  const { house, painting } = setup(t)
  for (const what of ['1', '2', '3']) await house.enqueue('paint-house', what)
  await house.enqueue('close-shop')
  await house.settle()
  assert.deepEqual(house.live(), ['paint-house ready', 'paint-house ready', 'paint-house running'])
  assert.equal(painting.length, 1)
  painting[0]?.()
  await house.settle()
  assert.equal(painting.length, 2)
})

test('one runs at a time, however many workers there are', async (t) => {
  const { house, painting } = setup(t, 10)
  for (const what of ['1', '2', '3']) await house.enqueue('paint-house', what)
  await house.settle()
  assert.equal(painting.length, 1)
})

test('a pool with one worker does them, too', async (t) => {
  const { house, painting } = setup(t, 1)
  await house.enqueue('paint-house')
  await house.settle()
  painting[0]?.()
  await house.settle()
  assert.deepEqual(house.live(), [])
})

test('while one runs the claim passes over the others by the index, in order, without a sort', (t) => {
  const { house } = setup(t)
  const passing = { queues: [], names: ['take-money'] }
  const plans = plansOf(house.db, (db) => bestReady(db, 'payments', 0, 2, passing))
  assert.deepEqual(plans, CLAIM_OF_TWO_QUEUES)
})

/** Texts and invitations go by one gateway, which answers when the test says so; the books are read, and people are prompted. */
function setupGateway(t: TestContext, payments = 2) {
  const asked: { name: string; answer: (outcome: JobOutcome) => void }[] = []
  const job = (name: string, more: Partial<AnyJobDefinition> = {}): Record<string, AnyJobDefinition> => ({
    [name]: {
      payload: z.strictObject({ what: z.string().optional() }),
      timeoutMs: 30_000,
      ...more,
      run: async () => {
        const { promise, resolve } = gate<JobOutcome>()
        asked.push({ name, answer: resolve })
        return promise
      },
    },
  })
  const byGateway = { alone: 'gateway', target: () => 'gateway' }
  const catalogue = {
    payments: { ...job('prompt'), ...job('read-books', { alone: true }) },
    'hotspot-sms': { ...job('send-text', byGateway), ...job('invite', byGateway) },
  }
  const house = new House({ slots: { hotspot: 3, payments, general: 2 }, catalogue })
  t.after(() => house.close())
  const running = () => house.jobs().flatMap(({ name, state }) => (state === 'running' ? name : []))
  const answer = async (name: string, outcome: JobOutcome = done()) => {
    const [one] = asked.splice(
      asked.findIndex((ask) => ask.name === name),
      1,
    )
    one?.answer(outcome)
    await house.settle()
  }
  return { house, catalogue, running, answer }
}

test('what goes to one far end keeps nothing waiting that goes to another', async (t) => {
  const { house, running, answer } = setupGateway(t)
  await house.enqueue('read-books')
  await house.enqueue('send-text', '1')
  await house.settle()
  assert.deepEqual(running(), ['read-books', 'send-text'])
  await answer('read-books')
  await house.enqueue('invite')
  await house.enqueue('read-books')
  await house.settle()
  assert.deepEqual(running(), ['send-text', 'read-books'])
})

test('to a gateway that has not answered goes one text at a time, and a worker stays for those who pay', async (t) => {
  const { house, running, answer } = setupGateway(t)
  for (const what of ['1', '2', '3']) await house.enqueue('send-text', what)
  await house.enqueue('invite')
  await house.settle()
  assert.deepEqual(running(), ['send-text'])
  await house.enqueue('prompt')
  await house.settle()
  assert.deepEqual(running(), ['send-text', 'prompt'])
  await answer('prompt')
  await answer('send-text', offline('no answer'))
  assert.deepEqual(running(), [])
})

test('while it answers at once they go by every worker, until it has been silent for some seconds', async (t) => {
  const { house, running, answer } = setupGateway(t)
  for (const what of ['1', '2', '3', '4', '5']) await house.enqueue('send-text', what)
  await house.settle()
  await answer('send-text')
  assert.deepEqual(running(), ['send-text', 'send-text'])
  await answer('send-text')
  assert.deepEqual(running(), ['send-text', 'send-text'])
  house.clock.step(6_000)
  await house.enqueue('prompt')
  await answer('send-text', offline('no answer'))
  assert.deepEqual(running(), ['send-text', 'prompt'])
})

test('a text that was not sent after all does not make the gateway a quick one', async (t) => {
  const { house, running, answer } = setupGateway(t)
  for (const what of ['1', '2', '3']) await house.enqueue('send-text', what)
  await house.settle()
  await answer('send-text', unasked(done()))
  await house.enqueue('prompt')
  await house.settle()
  assert.deepEqual(running(), ['send-text', 'prompt'])
})

test('while texts wait for one the claim does not look at their queue, however many they are', (t) => {
  const { house, catalogue } = setupGateway(t)
  const nowMs = () => house.clock.nowMs()
  const plans = plansOf(house.db, (db) => {
    const kinds = kindsOf(catalogue)
    const holds = new Holds({ db, kinds, nowMs })
    const claims = new Claims({ db, kinds, nowMs, boot: 1, failed: () => {}, log: house.log }, holds)
    claims.of('payments', 2, [{ pool: 'payments', local: 0, name: 'invite', jobs: 1 }], false)
  })
  assert.deepEqual(plans, CLAIM_OF_ONE_QUEUE)
})
