import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { connectAsync } from 'mqtt'
import { systemClock } from '../../src/clock.ts'
import { Sightings } from '../../src/simulators/sightings.ts'
import { readBatch } from '../cloud/read-batch.ts'
import { relayedMessage } from '../cloud/relay-message.ts'
import { EPOCH, openUplink } from '../cloud/uplink.ts'
import { makeAuthority } from './certificates.ts'
import { startLine } from './line.ts'
import { noMosquitto, retained, startMosquitto } from './mosquitto.ts'

const EVENTS = 'mlango/v1/site-1/events'
const CALLBACK = 'mlango/v1/site-1/mpesa/callback'
const STATUS = 'mlango/v1/site-1/status'
const brokerUrl = (port: number) => `mqtt://127.0.0.1:${port}`

/** The cloud: takes every batch, once each entry, and confirms what it has without a gap. */
function openConsumer(t: TestContext, port: number) {
  const arrivals = new Sightings<number>('entries')
  const has = new Set<number>()
  let gapFreeSeq = 0
  return {
    /** In the order of arrival, repeats too. */
    arrivals,
    get gapFreeSeq() {
      return gapFreeSeq
    },
    whenComplete: (seq: number) => arrivals.when(() => (gapFreeSeq >= seq ? true : undefined), 60_000),
    async join() {
      const client = await connectAsync(brokerUrl(port), { protocolVersion: 5, reconnectPeriod: 0 })
      client.on('error', () => {})
      t.after(() => client.endAsync(true))
      client.on('message', (_topic, payload) => {
        for (const { seq } of readBatch(payload).events) {
          has.add(seq)
          while (has.has(gapFreeSeq + 1)) gapFreeSeq += 1
          arrivals.add(seq)
        }
        client.publish('mlango/v1/site-1/ack', JSON.stringify({ epoch: EPOCH, seq: gapFreeSeq }), { qos: 1 })
      })
      await client.subscribeAsync(EVENTS, { qos: 1 })
    },
  }
}

describe('with mosquitto', { skip: noMosquitto }, () => {
  it('70,000 facts of a long time offline arrive in order, each once', async (t) => {
    const broker = await startMosquitto(t)
    const consumer = openConsumer(t, broker.port)
    await consumer.join()
    const { publisher, record } = openUplink(t, { settings: { url: brokerUrl(broker.port) }, clock: systemClock })
    record(70_000)
    publisher.start()
    await consumer.whenComplete(70_000)
    assert.equal(consumer.arrivals.seen.length, 70_000)
    assert.ok(consumer.arrivals.seen.every((seq, index) => seq === index + 1))
  })

  it('a broker that is killed again and again in the middle of it costs no fact', async (t) => {
    const broker = await startMosquitto(t)
    const consumer = openConsumer(t, broker.port)
    await consumer.join()
    const { publisher, record, saves } = openUplink(t, {
      settings: { url: brokerUrl(broker.port) },
      ack: 'end-to-end',
      clock: systemClock,
    })
    record(30_000)
    publisher.start()
    for (const seq of [5_000, 15_000]) {
      await consumer.whenComplete(seq)
      await broker.kill()
      record(100)
      await broker.up()
      await consumer.join()
    }
    await consumer.whenComplete(30_200)
    await saves.when((seen) => seen.find((seq) => seq === 30_200))
    assert.equal(publisher.backlog(), 0)
    // What came for the first time came in order, whatever was repeated in between.
    const firsts = [...new Set(consumer.arrivals.seen)]
    assert.ok(firsts.every((seq, index) => seq === index + 1))
  })

  it('live facts go on after the line was cut', async (t) => {
    const broker = await startMosquitto(t)
    const line = await startLine(t, broker.port)
    const consumer = openConsumer(t, broker.port)
    await consumer.join()
    const { publisher, record } = openUplink(t, { settings: { url: brokerUrl(line.port) }, clock: systemClock })
    publisher.start()
    record(1)
    await consumer.whenComplete(1)
    line.cut()
    record(1)
    await consumer.whenComplete(2)
  })

  it('a line that dies without a word is noticed', async (t) => {
    const broker = await startMosquitto(t)
    const line = await startLine(t, broker.port)
    const { clock, publisher, record } = openUplink(t, { settings: { url: brokerUrl(line.port) } })
    publisher.start()
    await clock.passUntil(() => publisher.state.connected, 0)
    line.die()
    record(10)
    await clock.passUntil(() => !publisher.state.connected, 100)
    assert.equal(publisher.backlog(), 10)
    line.heal()
    await clock.passUntil(() => publisher.backlog() === 0, 100)
  })

  it('the status is retained, the will says offline with the same since, and a stop says it too', async (t) => {
    const broker = await startMosquitto(t)
    const line = await startLine(t, broker.port)
    const { clock, publisher } = openUplink(t, { settings: { url: brokerUrl(line.port) } })
    publisher.start()
    await clock.passUntil(() => publisher.state.connected, 0)
    const online = JSON.parse(await retained(broker.port, STATUS))
    assert.deepEqual(online, { state: 'online', version: '1.2.3', epoch: EPOCH, last_seq: 0, since: online.since })

    line.cut()
    await clock.passUntil(() => !publisher.state.connected, 0)
    assert.deepEqual(JSON.parse(await retained(broker.port, STATUS)), { ...online, state: 'offline' })

    await clock.passUntil(() => publisher.state.connected, 100)
    assert.equal(JSON.parse(await retained(broker.port, STATUS)).state, 'online')
    await publisher.stop()
    assert.equal(JSON.parse(await retained(broker.port, STATUS)).state, 'offline')
  })

  it('a wrong password is refused with growing waits; the right one comes in', async (t) => {
    const broker = await startMosquitto(t, (folder) => {
      const file = join(folder, 'passwords')
      spawnSync('mosquitto_passwd', ['-c', '-b', file, 'site-1', 'right'])
      return ['allow_anonymous false', `password_file ${file}`]
    })
    const url = brokerUrl(broker.port)
    const wrong = openUplink(t, { settings: { url, username: 'site-1', password: 'wrong' } })
    wrong.publisher.start()
    const waits: number[] = []
    for (let attempts = 1; attempts <= 12; attempts++) {
      const refusal = await wrong.logged.when((seen) => seen.filter(({ kind }) => kind === 'refused')[attempts - 1])
      assert.match(refusal.reason ?? '', /not authorized/i)
      waits.push(refusal.waitMs ?? 0)
      wrong.clock.step(refusal.waitMs ?? 0)
    }
    assert.ok(Math.max(...waits) > 30_000, `the waits did not grow: ${waits}`)
    assert.ok(!JSON.stringify(wrong.logged.seen).includes('wrong'))

    const right = openUplink(t, { settings: { url: url.replace('//', '//site-1:right@') } })
    right.publisher.start()
    await right.clock.passUntil(() => right.publisher.state.connected, 0)
    assert.ok(!JSON.stringify(right.logged.seen).includes('right'))
  })

  it('a publish that the broker does not allow is not lost: it goes out when it is allowed', async (t) => {
    const rights = (folder: string, topics: string[]) => {
      const file = join(folder, 'rights')
      writeFileSync(file, topics.map((topic) => `topic write ${topic}\n`).join(''))
      return ['allow_anonymous true', `acl_file ${file}`]
    }
    const broker = await startMosquitto(t, (folder) => rights(folder, [STATUS]))
    const { clock, logged, publisher, record } = openUplink(t, { settings: { url: brokerUrl(broker.port) } })
    record(3)
    publisher.start()
    await clock.passUntil(() => logged.seen.some(({ msg }) => msg.includes('refused a batch')))
    assert.equal(publisher.backlog(), 3)
    rights(broker.folder, [STATUS, EVENTS])
    broker.reload()
    await clock.passUntil(() => publisher.backlog() === 0, 100)
  })

  it('TLS: the broker proves itself by the authority that is configured, and the site by its certificate', async (t) => {
    let authority: ReturnType<typeof makeAuthority> | undefined
    const broker = await startMosquitto(t, (folder) => {
      authority = makeAuthority(folder)
      const { key, cert } = authority.issue('broker')
      const tls = [`cafile ${authority.ca}`, `certfile ${cert}`, `keyfile ${key}`]
      return [...tls, 'require_certificate true', 'use_identity_as_username true']
    })
    assert.ok(authority)
    const url = `mqtts://127.0.0.1:${broker.port}`
    const { key, cert } = authority.issue('site-1')
    const known = openUplink(t, { settings: { url, ca: authority.ca, cert, key } })
    known.record(10)
    known.publisher.start()
    await known.clock.passUntil(() => known.publisher.backlog() === 0)

    const nameless = openUplink(t, { settings: { url, ca: authority.ca } })
    nameless.publisher.start()
    await nameless.logged.when((seen) => seen.find(({ kind }) => kind === 'refused' || kind === 'lost'))
    assert.equal(nameless.publisher.state.connected, false)

    const trusting = openUplink(t, { settings: { url, cert, key } })
    trusting.publisher.start()
    await trusting.logged.when((seen) => seen.find(({ reason }) => /self-signed|unable to verify/.test(reason ?? '')))
  })

  it('what a public relay published while the site was away comes when it is back, and only once it is stored', async (t) => {
    const broker = await startMosquitto(t)
    const key = 'the relay key of this one site, long enough'
    const stored = new Sightings<string>('stored messages')
    const { publisher, clock } = openUplink(t, {
      settings: { url: brokerUrl(broker.port) },
      relay: {
        relayKey: key,
        stores: {
          'mpesa/callback'({ token }) {
            stored.add(token)
            // The power goes before it is on disk.
            return new Promise(() => {})
          },
        },
      },
    })
    const relay = await connectAsync(brokerUrl(broker.port), { protocolVersion: 5, reconnectPeriod: 0 })
    t.after(() => relay.endAsync(true))
    const publish = (token: string) =>
      relay.publishAsync(CALLBACK, JSON.stringify(relayedMessage(key, { token, body: '{}' })), { qos: 1 })

    publisher.start()
    await clock.passUntil(() => publisher.state.connected, 0)
    await publish('first')
    await stored.when((seen) => seen[0])
    const stopped = publisher.stop()
    clock.step(5_000)
    await stopped
    await publish('second')
    const again = openUplink(t, {
      settings: { url: brokerUrl(broker.port) },
      relay: {
        relayKey: key,
        stores: {
          async 'mpesa/callback'({ token }) {
            stored.add(token)
            return 'stored'
          },
        },
      },
    })
    again.publisher.start()
    await stored.when((seen) => (seen.length === 3 ? true : undefined))
    assert.deepEqual(stored.seen, ['first', 'first', 'second'])
  })

  it('TLS: a certificate whose dates do not fit is taken for a clock that is wrong', async (t) => {
    let ca = ''
    const broker = await startMosquitto(t, (folder) => {
      const authority = makeAuthority(folder)
      const { key, cert } = authority.issue('broker', -1)
      ca = authority.ca
      return ['allow_anonymous true', `certfile ${cert}`, `keyfile ${key}`]
    })
    const { publisher, logged } = openUplink(t, { settings: { url: `mqtts://127.0.0.1:${broker.port}`, ca } })
    publisher.start()
    await logged.when((seen) => seen.find(({ kind }) => kind === 'clock'))
  })
})
