import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { connect, connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'

async function setup(t: TestContext, options?: Parameters<typeof startBrokerSimulator>[0]) {
  const broker = await startBrokerSimulator(options)
  t.after(() => broker.stop())
  async function join(clientOptions: IClientOptions = {}) {
    const client = await connectAsync(broker.url, { protocolVersion: 4, reconnectPeriod: 0, ...clientOptions })
    t.after(() => client.endAsync(true))
    return client
  }
  return { broker, join }
}

function nextMessage(client: MqttClient): Promise<{ topic: string; text: string; retain: boolean }> {
  return new Promise((resolve) => {
    client.once('message', (topic, payload, { retain }) => resolve({ topic, text: payload.toString(), retain }))
  })
}

test('what a client publishes is kept with its bytes, and can be waited for before and after', async (t) => {
  const { broker, join } = await setup(t)
  const site = await join()
  const waiting = broker.whenMessage(({ topic }) => topic === 'mlango/v1/s1/status')
  await site.publishAsync('mlango/v1/s1/events', Buffer.from([0x1f, 0x8b, 0]), { qos: 1 })
  await site.publishAsync('mlango/v1/s1/status', '{"state":"online"}', { qos: 1, retain: true })

  assert.equal((await waiting).payload.toString(), '{"state":"online"}')
  const events = await broker.whenMessage(({ topic }) => topic.endsWith('/events'))
  assert.deepEqual(events, { topic: 'mlango/v1/s1/events', payload: Buffer.from([0x1f, 0x8b, 0]), retain: false })
  assert.deepEqual(
    broker.messages.map(({ topic, retain }) => [topic, retain]),
    [
      ['mlango/v1/s1/events', false],
      ['mlango/v1/s1/status', true],
    ],
  )
})

test('what the broker publishes reaches a subscriber and is not taken for a client message', async (t) => {
  const { broker, join } = await setup(t)
  const site = await join()
  await site.subscribeAsync('mlango/v1/s1/ack', { qos: 1 })
  const arrival = nextMessage(site)
  await broker.publish('mlango/v1/s1/ack', '{"epoch":"e","seq":7}')
  assert.deepEqual(await arrival, { topic: 'mlango/v1/s1/ack', text: '{"epoch":"e","seq":7}', retain: false })
  assert.equal(broker.messages.length, 0)
})

test('only the right name and password come in', async (t) => {
  const { join } = await setup(t, { username: 'site-1', password: 'secret' })
  await assert.rejects(join(), { code: 4 })
  await assert.rejects(join({ username: 'site-1', password: 'guess' }), { code: 4 })
  await assert.rejects(join({ username: 'site-2', password: 'secret' }), { code: 4 })
  assert.equal((await join({ username: 'site-1', password: 'secret' })).connected, true)
})

test('a client that speaks MQTT 5 is told that the version is not acceptable', async (t) => {
  const { join } = await setup(t)
  await assert.rejects(join({ protocolVersion: 5 }), { code: 1 })
})

test('down cuts the clients and sends their wills, up is the same address with the retained messages', async (t) => {
  const { broker, join } = await setup(t)
  const will = { topic: 'mlango/v1/s1/status', payload: Buffer.from('offline'), qos: 1, retain: true } as const
  const site = await join({ will })
  const closed = new Promise<void>((resolve) => site.once('close', resolve))
  await broker.down()
  await closed
  const last = await broker.whenMessage(({ topic }) => topic.endsWith('/status'))
  assert.equal(last.payload.toString(), 'offline')

  await assert.rejects(join(), { code: 'ECONNREFUSED' })

  await broker.up()
  await broker.up()
  const watcher = await join()
  const arrival = nextMessage(watcher)
  await watcher.subscribeAsync('mlango/v1/+/status', { qos: 1 })
  assert.deepEqual(await arrival, { topic: 'mlango/v1/s1/status', text: 'offline', retain: true })
})

test('a session that stays gets what was sent while it was away', async (t) => {
  const { broker, join } = await setup(t)
  const session = { clientId: 'site-1', clean: false }
  const site = await join(session)
  await site.subscribeAsync('mlango/v1/s1/commands', { qos: 1 })
  await site.endAsync()
  await broker.publish('mlango/v1/s1/commands', 'ping')

  const back = connect(broker.url, { ...session, protocolVersion: 4, reconnectPeriod: 0 })
  t.after(() => back.endAsync(true))
  assert.deepEqual(await nextMessage(back), { topic: 'mlango/v1/s1/commands', text: 'ping', retain: false })
})

test('whoever waits for a message is told when none came or the broker stopped', async (t) => {
  const { broker, join } = await setup(t)
  await join()
  await assert.rejects(
    broker.whenMessage(() => true, 20),
    { message: 'waited 20 ms in vain for messages; 0 came in all' },
  )
  const waiting = assert.rejects(
    broker.whenMessage(() => true),
    { code: 'simulator-stopped' },
  )
  await broker.stop()
  await waiting
  await broker.stop()
})
