import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type RelayedMessage, readRelayed } from '../../src/cloud/relay-message.ts'
import { MlangoError } from '../../src/errors.ts'
import { startBrokerSimulator } from '../../src/simulators/broker-simulator.ts'
import { Sightings } from '../../src/simulators/sightings.ts'
import { relayedMessage } from './relay-message.ts'
import { startScriptedBroker } from './scripted-broker.ts'
import { openUplink, served, settled } from './uplink.ts'

const KEY = 'the relay key of this one site, long enough'
const CALLBACK = 'mlango/v1/site-1/mpesa/callback'

const DISK_FULL = new MlangoError('store-commit-failed', 'the disk is full')

/** A store that takes what it is given when the test says so. */
function heldStore() {
  const asked = new Sightings<{
    message: RelayedMessage
    end(outcome: 'stored' | 'unknown-token' | Error): void
  }>('stores')
  return {
    asked,
    store(message: RelayedMessage) {
      const { promise, resolve, reject } = Promise.withResolvers<'stored' | 'unknown-token'>()
      const end = (outcome: 'stored' | 'unknown-token' | Error) =>
        outcome instanceof Error ? reject(outcome) : resolve(outcome)
      asked.add({ message, end })
      return promise
    },
  }
}

async function setup(t: TestContext) {
  const broker = await startScriptedBroker(t)
  const { asked, store } = heldStore()
  const uplink = openUplink(t, {
    settings: { url: broker.url },
    relay: { relayKey: KEY, stores: { 'mpesa/callback': store, 'mpesa/c2b': store } },
  })
  uplink.publisher.start()
  await served(() => uplink.publisher.state.connected)
  return {
    ...uplink,
    broker,
    asked,
    whenAsked: (count: number) => asked.when((seen) => (seen.length >= count ? seen[count - 1] : undefined)),
    whenAcked: (id: number) => broker.pubacks.when((seen) => (seen.includes(id) ? true : undefined)),
  }
}

const message = (token: string) => JSON.stringify(relayedMessage(KEY, { token, body: `{"about":"${token}"}` }))

describe('a relayed message', () => {
  it('is read as it was sent', () => {
    const relayed = relayedMessage(KEY, { token: 'tok-1', body: '{"Body":"ä"}' })
    assert.deepEqual(readRelayed(Buffer.from(JSON.stringify(relayed)), KEY), {
      outcome: 'genuine',
      message: { id: 'm-1', token: 'tok-1', body: '{"Body":"ä"}' },
    })
  })

  it('counts however old it is: money that comes late is money', () => {
    const old = relayedMessage(KEY, { token: 'tok-1', body: '{}', receivedAt: '2020-01-01T00:00:00Z' })
    assert.equal(readRelayed(Buffer.from(JSON.stringify(old)), KEY).outcome, 'genuine')
  })

  it('counts for nothing when any part of it was changed after it was signed', () => {
    const genuine = relayedMessage(KEY, { token: 'tok-1', body: '{"ResultCode":1}' })
    const changes = {
      id: 'm-2',
      token: 'tok-2',
      received_at: '2026-11-26T07:00:01.000Z',
      body: Buffer.from('{"ResultCode":0}').toString('base64'),
      signature: genuine.signature?.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) ?? '',
    }
    for (const [name, value] of Object.entries(changes)) {
      const forged = Buffer.from(JSON.stringify({ ...genuine, [name]: value }))
      assert.equal(readRelayed(forged, KEY).outcome, 'bad-signature', name)
    }
    assert.equal(readRelayed(Buffer.from(JSON.stringify(genuine)), `${KEY}.`).outcome, 'bad-signature')
  })

  it('cannot carry a signature over to other fields by moving the dots', () => {
    const genuine = relayedMessage(KEY, { id: 'a', token: 'b.c', body: '{}' })
    assert.equal(readRelayed(Buffer.from(JSON.stringify(genuine)), KEY).outcome, 'malformed')
  })

  it('is malformed when it is not what it says to be', () => {
    const genuine = relayedMessage(KEY, { token: 'tok-1', body: '{}' })
    for (const payload of [
      '',
      'hello',
      '[]',
      JSON.stringify({ ...genuine, body: '%%%' }),
      JSON.stringify({ ...genuine, signature: 'short' }),
      JSON.stringify({ ...genuine, received_at: 'yesterday' }),
      JSON.stringify(relayedMessage(KEY, { token: 'tok-1', body: 'x'.repeat(100_000) })),
    ]) {
      assert.equal(readRelayed(Buffer.from(payload), KEY).outcome, 'malformed', payload.slice(0, 80))
    }
  })
})

describe('from the broker', () => {
  it('nothing is asked for, and nothing kept for us, without a relay key', async (t) => {
    const broker = await startScriptedBroker(t)
    const { publisher } = openUplink(t, { settings: { url: broker.url }, ack: 'end-to-end' })
    publisher.start()
    await served(() => publisher.state.connected)
    assert.deepEqual(broker.subscribed.seen, ['mlango/v1/site-1/ack'])
    assert.equal(broker.connects.seen[0]?.clean, true)
  })

  it('both topics are asked for with one, and the broker keeps them for our one name', async (t) => {
    const { broker } = await setup(t)
    assert.deepEqual(broker.subscribed.seen, [CALLBACK, 'mlango/v1/site-1/mpesa/c2b'])
    assert.deepEqual(
      broker.connects.seen.map(({ clean, clientId }) => ({ clean, clientId })),
      [{ clean: false, clientId: 'site-1' }],
    )
  })

  it('what head office says may be refused to us: M-PESA’s messages come all the same, and the log names the right that is missing', async (t) => {
    const broker = await startScriptedBroker(t)
    const ban = 'mlango/v1/site-1/vouchers/ban'
    broker.script.forbidden = [ban]
    const { asked, store } = heldStore()
    const { publisher, relay, logged } = openUplink(t, {
      settings: { url: broker.url },
      relay: { relayKey: KEY, stores: { 'mpesa/callback': store }, headOffice: { 'vouchers/ban': store } },
    })
    publisher.start()
    const told = await logged.when((seen) => seen.find(({ level }) => level === 'warn'))
    assert.equal(told.topic, ban)
    await served(() => publisher.state.connected)
    assert.deepEqual(broker.subscribed.seen, [CALLBACK, ban])
    broker.deliver(1, CALLBACK, message('tok-1'))
    const first = await asked.when((seen) => seen[0])
    first.end('stored')
    await served(() => relay?.counters.stored === 1)
    assert.equal(broker.connects.seen.length, 1)
  })

  it('a message is acknowledged only after it is stored, and none waits for another', async (t) => {
    const { broker, whenAsked, whenAcked, relay } = await setup(t)
    broker.deliver(1, CALLBACK, message('tok-1'))
    broker.deliver(2, CALLBACK, message('tok-2'))
    const first = await whenAsked(1)
    const second = await whenAsked(2)
    await settled()
    assert.deepEqual(broker.pubacks.seen, [])
    second.end('stored')
    await served(() => relay?.counters.stored === 1)
    await settled()
    assert.deepEqual(broker.pubacks.seen, [], 'acknowledged in the order in which they came')
    first.end('stored')
    await whenAcked(2)
    assert.deepEqual(broker.pubacks.seen, [1, 2])
    assert.equal(relay?.counters.stored, 2)
  })

  it('a message at which our own code fails is logged, counted and acknowledged, so that it stops no other', async (t) => {
    const { broker, clock, asked, whenAsked, whenAcked, relay, logged } = await setup(t)
    for (const [index, fault] of [
      new MlangoError('internal', 'payments.callback failed'),
      new Error('a bug'),
    ].entries()) {
      broker.deliver(index + 1, CALLBACK, message('tok-secret'))
      const one = await whenAsked(index + 1)
      one.end(fault)
      await whenAcked(index + 1)
    }
    clock.step(600_000)
    await settled()
    assert.equal(asked.seen.length, 2)
    assert.deepEqual([relay?.counters.failed, relay?.counters.notStored], [2, 0])
    assert.equal(logged.seen.filter(({ level }) => level === 'error').length, 2)
    assert.doesNotMatch(JSON.stringify(logged.seen), /tok-secret/)
  })

  it('our own publishing goes on while a message waits for the disk', async (t) => {
    const { broker, clock, publisher, record, whenAsked } = await setup(t)
    broker.deliver(1, CALLBACK, message('tok-1'))
    await whenAsked(1)
    record(3)
    await clock.passUntil(() => publisher.backlog() === 0)
    assert.deepEqual(broker.pubacks.seen, [])
  })

  it('a disk that takes nothing keeps the message with the broker until it does', async (t) => {
    const { broker, clock, asked, whenAsked, whenAcked, relay } = await setup(t)
    broker.deliver(7, CALLBACK, message('tok-1'))
    const first = await whenAsked(1)
    first.end(DISK_FULL)
    await served(() => relay?.counters.notStored === 1)
    await settled()
    clock.step(1_999)
    await settled()
    assert.equal(asked.seen.length, 1)
    assert.deepEqual(broker.pubacks.seen, [])
    clock.step(1)
    const second = await whenAsked(2)
    second.end('stored')
    await whenAcked(7)
  })

  it('what can never be taken is counted and acknowledged, and the log does not repeat it', async (t) => {
    const { broker, whenAsked, whenAcked, relay, logged } = await setup(t)
    const forged = JSON.stringify(relayedMessage('another key', { token: 'tok-secret', body: '{"a":1}' }))
    broker.deliver(1, CALLBACK, forged)
    broker.deliver(2, CALLBACK, 'nonsense tok-secret')
    broker.deliver(3, CALLBACK, message('tok-secret'))
    const unknown = await whenAsked(1)
    unknown.end('unknown-token')
    for (const id of [1, 2, 3]) await whenAcked(id)
    assert.deepEqual(relay?.counters, {
      stored: 0,
      unknownToken: 1,
      badSignature: 1,
      malformed: 1,
      failed: 0,
      notStored: 0,
    })
    assert.doesNotMatch(JSON.stringify(logged.seen), /tok-secret|the relay key/)
  })

  it('what comes while we are away, or was not yet stored when the line broke, comes when we are back', async (t) => {
    const broker = await startBrokerSimulator()
    t.after(() => broker.stop())
    const asked = new Sightings<string>('stores')
    let disk: 'stuck' | 'writes' = 'stuck'
    const { clock, publisher } = openUplink(t, {
      settings: { url: broker.url },
      relay: {
        relayKey: KEY,
        stores: {
          'mpesa/callback'({ token }) {
            asked.add(token)
            return disk === 'writes' ? Promise.resolve('stored') : new Promise(() => {})
          },
        },
      },
    })
    publisher.start()
    await clock.passUntil(() => publisher.state.connected, 0)
    await broker.publish(CALLBACK, message('tok-1'))
    await asked.when((seen) => seen[0])
    await broker.down()
    await clock.passUntil(() => !publisher.state.connected, 0)
    await broker.publish(CALLBACK, message('tok-2'))
    assert.equal(broker.acknowledged.length, 0)
    disk = 'writes'
    await broker.up()
    await clock.passUntil(() => publisher.state.connected, 500)
    const isAbout = (token: string) => (acked: { payload: Buffer }) => acked.payload.includes(`"${token}"`)
    await broker.whenAcknowledged(isAbout('tok-1'))
    await broker.whenAcknowledged(isAbout('tok-2'))
  })
})
