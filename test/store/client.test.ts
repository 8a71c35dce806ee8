import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { connectStore, type NamedCommand } from '../../src/store/client.ts'
import type { CommandRequest, CommandRequests } from '../../src/store/protocol.ts'

const double: NamedCommand<{ number: number }, number> = { name: 'test.double', run: () => 0 }

function setup(t: TestContext, answer: (request: CommandRequest) => object | undefined) {
  const { port1, port2 } = new MessageChannel()
  const requests: CommandRequest[] = []
  const letters: number[] = []
  port2.on('message', (message: CommandRequests) => {
    letters.push(message.requests.length)
    requests.push(...message.requests)
    const replies = message.requests.flatMap((request) => answer(request) ?? [])
    if (replies.length > 0) port2.postMessage({ kind: 'replies', replies })
  })
  const notices: unknown[] = []
  const client = connectStore(port1, (message) => notices.push(message), { answersPerTurn: 8 })
  t.after(() => port1.close())
  return { client, requests, letters, notices, store: port2 }
}

const yes = ({ requestId, input }: CommandRequest) => ({
  kind: 'reply',
  requestId,
  ok: true,
  value: (input as { number: number }).number * 2,
})

test('every asker gets its own answer', async (t) => {
  const { client } = setup(t, yes)
  assert.deepEqual(await Promise.all([1, 2, 3].map((number) => client.run(double, { number }))), [2, 4, 6])
})

test('what is asked in one turn travels together', async (t) => {
  const { client, letters } = setup(t, yes)
  await Promise.all([1, 2, 3].map((number) => client.run(double, { number })))
  await client.run(double, { number: 4 })
  assert.deepEqual(letters, [3, 1])
})

test('who waits among thirty-two is told to be in a crowd, and nobody before or after', async (t) => {
  const { client, requests } = setup(t, yes)
  await Promise.all(Array.from({ length: 33 }, (_, number) => client.run(double, { number })))
  await client.run(double, { number: 1 })
  assert.deepEqual(
    requests.map(({ crowded }) => crowded === true),
    Array.from({ length: 34 }, (_, index) => index === 31 || index === 32),
  )
})

test('a refusal carries its code', async (t) => {
  const { client } = setup(t, ({ requestId }) => ({
    kind: 'reply',
    requestId,
    ok: false,
    code: 'not-today',
    message: 'No.',
  }))
  await assert.rejects(client.run(double, { number: 1 }), { name: 'MlangoError', code: 'not-today', message: 'No.' })
})

test('a fenced store says for which run of which job it speaks, and what the audit is to say', async (t) => {
  const { client, requests } = setup(t, yes)
  const audit = { actor: 'mlango', action: 'test.double', subject: 'one' }
  await client.fenced({ jobId: 7, epoch: 3 }).run(double, { number: 1 }, audit)
  await client.run(double, { number: 1 })
  assert.deepEqual(
    requests.map(({ fence, audit }) => ({ fence, audit })),
    [
      { fence: { jobId: 7, epoch: 3 }, audit },
      { fence: undefined, audit: undefined },
    ],
  )
})

test('what is no answer is news', async (t) => {
  const { client, notices, store } = setup(t, yes)
  store.postMessage({ kind: 'facts', entries: [] })
  await client.run(double, { number: 1 })
  assert.deepEqual(notices, [{ kind: 'facts', entries: [] }])
})

test('when the store is gone nobody waits for ever, and nobody asks in vain', async (t) => {
  const { client } = setup(t, () => undefined)
  const asked = client.run(double, { number: 1 })
  client.abandon('the store thread ended with code 1')
  await assert.rejects(asked, { code: 'store-gone', message: 'the store thread ended with code 1' })
  await assert.rejects(client.run(double, { number: 1 }), { code: 'store-gone' })
})

test('an input that cannot travel is refused, and does not keep the others', async (t) => {
  const { client } = setup(t, yes)
  const odd = { number: 1, helper: () => 1 }
  const together = [client.run(double, { number: 1 }), client.run(double, odd), client.run(double, { number: 2 })]
  await assert.rejects(together[1] as Promise<number>, { name: 'DataCloneError' })
  assert.deepEqual(await Promise.all([together[0], together[2]]), [2, 4])
})

test('a crowd that is answered by one commit goes on over several turns, so that others have theirs between', async (t) => {
  const { client } = setup(t, yes)
  let goneOn = 0
  let turns = 0
  let isOver = false
  const countTurn = () => {
    turns += 1
    if (!isOver) setImmediate(countTurn)
  }
  const perTurn = new Map<number, number>()
  const all = Array.from({ length: 100 }, async (_, number) => {
    await client.run(double, { number })
    goneOn += 1
    perTurn.set(turns, (perTurn.get(turns) ?? 0) + 1)
  })
  countTurn()
  await Promise.all(all)
  isOver = true
  assert.equal(goneOn, 100)
  assert.ok(Math.max(...perTurn.values()) <= 8, JSON.stringify([...perTurn.values()]))
})

test('what was answered before the store was gone stands', async (t) => {
  const { client, store } = setup(t, () => undefined)
  const asked = Array.from({ length: 20 }, (_, number) => client.run(double, { number }))
  store.postMessage({
    kind: 'replies',
    replies: asked.map((_, index) => ({ kind: 'reply', requestId: index + 1, ok: true, value: index })),
  })
  await asked[0]
  client.abandon('the store thread ended with code 1')
  assert.deepEqual(
    await Promise.all(asked),
    asked.map((_, index) => index),
  )
})
