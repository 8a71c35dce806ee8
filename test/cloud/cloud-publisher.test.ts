import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { readCloudCursor } from '../../src/flow/cloud-cursor.ts'
import { rangesOf, readBatch } from './read-batch.ts'
import { startScriptedBroker } from './scripted-broker.ts'
import { EPOCH, openUplink, served, settled } from './uplink.ts'

const ACK_TOPIC = 'mlango/v1/site-1/ack'

interface Setup {
  entries?: number
  ack?: 'broker' | 'end-to-end'
  script?: Partial<Awaited<ReturnType<typeof startScriptedBroker>>['script']>
}

/** A site with a journal of `entries`, connected to a broker that plays by a script; time stands still. */
async function setup(t: TestContext, { entries = 0, ack = 'broker', script = {} }: Setup = {}) {
  const broker = await startScriptedBroker(t)
  Object.assign(broker.script, script)
  const uplink = openUplink(t, { settings: { url: broker.url }, ack })
  uplink.record(entries)
  uplink.publisher.start()
  await served(() => uplink.publisher.state.connected)
  uplink.clock.step(1)
  const { clock, publisher } = uplink
  return {
    ...uplink,
    broker,
    /** All of the journal is on its way or beyond. */
    async whenSent(batches: number) {
      await clock.passUntil(() => broker.batches().length >= batches)
      return rangesOf(broker.batches())
    },
    async whenReconnected() {
      await served(() => !publisher.state.connected)
      await clock.passUntil(() => publisher.state.connected, 500)
    },
    /** The cloud speaks. */
    confirm: (seq: number, epoch = EPOCH) => broker.send(ACK_TOPIC, JSON.stringify({ epoch, seq })),
  }
}

describe('live', () => {
  it('sends what is recorded within 100 ms, and what happens together in one batch', async (t) => {
    const { clock, broker, record } = await setup(t)
    record(3)
    clock.step(100)
    const [batch] = await broker.whenBatches(1)
    assert.deepEqual(rangesOf(broker.batches()), ['1-3'])
    const said = readBatch(batch?.payload ?? Buffer.alloc(0))
    assert.equal(said.site, 'site-1')
    assert.equal(said.epoch, EPOCH)
    assert.deepEqual(said.events[0]?.data, { router_id: 0, name: 'Router 0' })
  })

  it('sends at most 50 messages a second, however often it is woken', async (t) => {
    const { clock, broker, record } = await setup(t)
    for (let ms = 0; ms < 1_000; ms += 5) {
      record(1)
      clock.step(5)
      await settled()
    }
    assert.ok(readBatch(broker.batches().at(-1)?.payload ?? Buffer.alloc(0)).last_seq >= 190)
    assert.ok(broker.batches().length <= 50, `${broker.batches().length} messages`)
  })
})

describe('catching up', () => {
  it('sends full batches in order, several in flight, never more than the broker takes', async (t) => {
    const { clock, broker, publisher, whenSent } = await setup(t, {
      entries: 4_000,
      script: { puback: 'held', receiveMaximum: 3 },
    })
    assert.deepEqual(await whenSent(3), ['1-500', '501-1000', '1001-1500'])
    clock.step(1_000)
    await settled()
    assert.equal(broker.batches().length, 3)
    broker.batches()[1]?.ack()
    assert.equal((await whenSent(4)).at(-1), '1501-2000')
    assert.equal(publisher.backlog(), 4_000)
    broker.batches()[0]?.ack()
    await whenSent(5)
    assert.equal(publisher.backlog(), 3_000)
  })

  it('keeps its own window when the broker sets no limit', async (t) => {
    const { clock, broker, whenSent } = await setup(t, { entries: 10_000, script: { puback: 'held' } })
    await whenSent(16)
    for (let index = 0; index < 20; index++) {
      clock.step(20)
      await settled()
    }
    assert.equal(broker.batches().length, 16)
  })

  it('makes smaller batches for a broker that takes only small packets', async (t) => {
    const { broker, whenSent } = await setup(t, { entries: 500, script: { maximumPacketBytes: 4_096 } })
    await whenSent(2)
    assert.ok(broker.batches().every(({ payload }) => payload.length <= 3_072))
  })

  it('loses nothing that is recorded meanwhile', async (t) => {
    const { clock, publisher, record, broker } = await setup(t, { entries: 1_400 })
    await clock.passUntil(() => {
      if (broker.batches().length < 6) record(1)
      return publisher.backlog() === 0 && broker.batches().length >= 6
    })
    const seqs = broker.batches().flatMap(({ payload }) => readBatch(payload).events.map(({ seq }) => seq))
    assert.deepEqual(
      seqs,
      Array.from(seqs, (_, index) => index + 1),
    )
  })

  it('moves the cursor in steps of seconds, not with every message', async (t) => {
    const { clock, db, publisher, saves } = await setup(t, { entries: 10_000 })
    await clock.passUntil(() => publisher.backlog() === 0)
    clock.step(2_000)
    await saves.when((seen) => seen.find((seq) => seq === 10_000))
    assert.equal(readCloudCursor(db), 10_000)
    assert.ok(saves.seen.length <= 3, `${saves.seen.length} saves`)
  })
})

describe('a lost link', () => {
  it('makes everything unacknowledged pending again, in order', async (t) => {
    const { broker, whenSent, whenReconnected } = await setup(t, { entries: 1_500, script: { puback: 'held' } })
    await whenSent(3)
    broker.batches()[1]?.ack()
    broker.batches()[0]?.ack()
    await settled()
    broker.script.puback = 'at-once'
    broker.cut()
    await whenReconnected()
    const ranges = await whenSent(4)
    // PUBACKs may still have been on their way when it was cut: what counts is that nothing is left out.
    assert.ok(['1-500', '1001-1500'].includes(ranges[3] ?? ''), ranges[3])
  })

  it('is worth a journal entry only when it stays lost for a while', async (t) => {
    const { broker, clock, news, whenReconnected } = await setup(t)
    assert.deepEqual(news.seen, [true])
    broker.cut()
    await whenReconnected()
    clock.step(20_000)
    assert.deepEqual(news.seen, [true])

    broker.script.connack = 'nothing'
    broker.cut()
    await clock.passUntil(() => news.seen.length > 1, 500)
    broker.script.connack = undefined
    await clock.passUntil(() => news.seen.length > 2, 500)
    assert.deepEqual(news.seen, [true, false, true])
  })

  it('costs no more than one line in the log per kind of trouble', async (t) => {
    const { broker, clock, logged } = await setup(t)
    broker.script.connack = Buffer.from([0x20, 3, 0, 0x88, 0])
    broker.cut()
    await clock.passUntil(() => broker.connects.seen.length >= 8, 1_000)
    assert.equal(logged.seen.filter(({ level }) => level === 'warn').length, 2)
  })

  it('is noticed when the line falls silent', async (t) => {
    const { broker, clock, publisher } = await setup(t)
    clock.step(30_000)
    broker.script.mute = true
    clock.step(45_001)
    await served(() => !publisher.state.connected)
    broker.script.mute = false
    await clock.passUntil(() => publisher.state.connected, 500)
  })

  it('is noticed when the broker answers pings and acknowledges nothing', async (t) => {
    const { broker, clock, publisher, whenSent } = await setup(t, { entries: 10, script: { puback: 'held' } })
    await whenSent(1)
    await clock.passUntil(() => !publisher.state.connected, 100)
    broker.script.puback = 'at-once'
    await clock.passUntil(() => publisher.state.connected, 500)
    assert.deepEqual(await whenSent(2), ['1-10', '1-10'])
  })
})

describe('connecting', () => {
  async function start(t: TestContext, connack: Buffer | 'nothing') {
    const broker = await startScriptedBroker(t)
    broker.script.connack = connack
    const uplink = openUplink(t, { settings: { url: broker.url } })
    uplink.publisher.start()
    await broker.connects.whenCount(1)
    return { ...uplink, broker }
  }

  it('goes on after a refused CONNACK', async (t) => {
    const { broker, clock, publisher } = await start(t, Buffer.from([0x20, 3, 0, 0x88, 0]))
    await clock.passUntil(() => broker.connects.seen.length === 4, 500)
    assert.equal(publisher.state.connected, false)
    broker.script.connack = undefined
    await clock.passUntil(() => publisher.state.connected, 500)
  })

  it('goes on after a broker that takes the connection and says nothing', async (t) => {
    const { broker, clock, publisher } = await start(t, 'nothing')
    clock.step(20_000)
    broker.script.connack = undefined
    await clock.passUntil(() => publisher.state.connected, 500)
    assert.equal(broker.connects.seen.length, 2)
  })

  it('falls back to MQTT 3.1.1 at once, and remembers it', async (t) => {
    const { broker, clock, publisher } = await start(t, Buffer.from([0x20, 2, 0, 1]))
    broker.script.connack = Buffer.from([0x20, 2, 0, 0])
    await served(() => publisher.state.connected)
    broker.cut()
    await served(() => !publisher.state.connected)
    await clock.passUntil(() => publisher.state.connected, 500)
    assert.deepEqual(
      broker.connects.seen.map(({ version }) => version),
      [5, 4, 4],
    )
  })

  it('does not run in circles when the broker takes no version', async (t) => {
    const { broker, clock } = await start(t, Buffer.from([0x20, 2, 0, 1]))
    await broker.connects.whenCount(2)
    clock.step(500)
    await settled()
    assert.equal(broker.connects.seen.length, 2)
  })

  it('says which file it cannot read, and tries again', async (t) => {
    const { clock, logged, publisher } = openUplink(t, {
      settings: { url: 'mqtts://127.0.0.1:1', ca: '/nowhere/ca.pem' },
    })
    publisher.start()
    await logged.when((seen) => seen.find(({ reason }) => reason?.includes('[cloud] ca names /nowhere/ca.pem')))
    assert.ok(clock.pending.size > 0)
  })
})

describe('status', () => {
  it('is born with the same `since` as its will, after every connect', async (t) => {
    const { broker, whenReconnected } = await setup(t, { entries: 7 })
    broker.cut()
    await whenReconnected()
    const births = broker.publishes.seen.filter(({ topic }) => topic === 'mlango/v1/site-1/status')
    assert.equal(births.length, 2)
    births.forEach((birth, index) => {
      const will = broker.connects.seen[index]?.will
      const said = JSON.parse(birth.payload.toString())
      assert.equal(birth.retain, true)
      assert.deepEqual(said, { state: 'online', version: '1.2.3', epoch: EPOCH, last_seq: 7, since: said.since })
      assert.equal(will?.topic, birth.topic)
      assert.deepEqual(JSON.parse(will?.payload ?? ''), { ...said, state: 'offline' })
    })
    assert.equal(broker.connects.seen[0]?.clientId, 'site-1')
  })

  it('says goodbye when the daemon stops', async (t) => {
    const { broker, publisher } = await setup(t)
    await publisher.stop()
    const last = broker.publishes.seen.at(-1)
    assert.equal(JSON.parse(String(last?.payload)).state, 'offline')
    await broker.goodbyes.whenCount(1)
    assert.equal(publisher.state.connected, false)
  })
})

describe('stopping', () => {
  it('saves what is acknowledged and leaves no timer', async (t) => {
    const { clock, db, publisher, whenSent } = await setup(t, { entries: 20 })
    await whenSent(1)
    await served(() => publisher.backlog() === 0)
    await publisher.stop()
    assert.equal(readCloudCursor(db), 20)
    assert.equal(clock.pending.size, 0)
    await publisher.stop()
    publisher.wake()
    assert.equal(clock.pending.size, 0)
  })

  it('waits no longer than 2 s for a broker that is silent', async (t) => {
    const { broker, clock, publisher, whenSent } = await setup(t, { entries: 20, script: { puback: 'held' } })
    await whenSent(1)
    broker.script.mute = true
    let stopped = false
    const stopping = publisher.stop().then(() => {
      stopped = true
    })
    const startMs = clock.nowMs()
    await clock.passUntil(() => stopped, 50)
    await stopping
    assert.ok(clock.nowMs() - startMs <= 2_000)
    assert.equal(clock.pending.size, 0)
  })

  it('also ends a wait for the next attempt, and an attempt', async (t) => {
    const broker = await startScriptedBroker(t)
    broker.script.connack = 'nothing'
    const { clock, publisher } = openUplink(t, { settings: { url: broker.url } })
    publisher.start()
    await broker.connects.whenCount(1)
    await publisher.stop()
    assert.equal(clock.pending.size, 0)
  })
})

describe('ack = end-to-end', () => {
  const upTo = (uplink: Awaited<ReturnType<typeof setup>>, seq: number) =>
    served(() => uplink.publisher.backlog() === 1_200 - seq)

  it('counts only what the cloud confirms, for this epoch, of what was sent', async (t) => {
    const uplink = await setup(t, { entries: 1_200, ack: 'end-to-end' })
    assert.deepEqual(await uplink.whenSent(3), ['1-500', '501-1000', '1001-1200'])
    uplink.confirm(1_200, 'another-epoch')
    uplink.confirm(1_201)
    uplink.broker.send(ACK_TOPIC, 'not an acknowledgement')
    uplink.confirm(500)
    await upTo(uplink, 500)
    uplink.confirm(1_200)
    await upTo(uplink, 1_200)
    await uplink.publisher.stop()
    assert.equal(readCloudCursor(uplink.db), 1_200)
  })

  it('sends an unconfirmed batch again after 5 s, with its own range, and the rest once that is there', async (t) => {
    const uplink = await setup(t, { entries: 1_200, ack: 'end-to-end' })
    await uplink.whenSent(3)
    await settled()
    uplink.clock.step(4_900)
    assert.equal(uplink.broker.batches().length, 3)
    assert.equal((await uplink.whenSent(4)).at(-1), '1-500')
    uplink.record(100)
    assert.equal((await uplink.whenSent(5)).at(-1), '1201-1300')
    uplink.confirm(500)
    assert.equal((await uplink.whenSent(6)).at(-1), '501-1000')
    uplink.confirm(1_000)
    assert.equal((await uplink.whenSent(7)).at(-1), '1001-1200')
    uplink.confirm(1_300)
    await served(() => uplink.publisher.backlog() === 0)
    uplink.clock.step(400_000)
    await settled()
    assert.equal(uplink.broker.batches().length, 7)
  })

  it('asks less and less often while the cloud does not answer', async (t) => {
    const { clock, whenSent } = await setup(t, { entries: 10, ack: 'end-to-end' })
    const gaps: number[] = []
    let lastMs = clock.nowMs()
    for (let sends = 1; sends <= 9; sends++) {
      await whenSent(sends)
      gaps.push(Math.round((clock.nowMs() - lastMs) / 5_000))
      lastMs = clock.nowMs()
    }
    assert.deepEqual(gaps, [0, 1, 2, 4, 8, 16, 32, 60, 60])
  })

  it('does not use a broker that does not let it hear the cloud', async (t) => {
    const broker = await startScriptedBroker(t)
    broker.script.suback = 0x87
    const { clock, publisher, logged } = openUplink(t, { settings: { url: broker.url }, ack: 'end-to-end' })
    publisher.start()
    await logged.when((seen) => seen.find(({ reason }) => reason?.includes(`does not let us read ${ACK_TOPIC}`)))
    assert.equal(publisher.state.connected, false)
    broker.script.suback = 1
    await clock.passUntil(() => publisher.state.connected, 500)
  })
})

describe('trouble', () => {
  it('a batch that the broker refuses goes out again later, and nothing behind it before', async (t) => {
    const { broker, clock, logged, publisher, record, whenSent } = await setup(t, {
      entries: 10,
      script: { puback: 'held' },
    })
    await whenSent(1)
    broker.batches()[0]?.ack(0x87)
    await logged.when((seen) => seen.find(({ msg }) => msg.includes('refused a batch')))
    record(5)
    clock.step(4_000)
    await settled()
    assert.equal(broker.batches().length, 1)
    broker.script.puback = 'at-once'
    assert.deepEqual(await whenSent(3), ['1-10', '1-10', '11-15'])
    await served(() => publisher.backlog() === 0)
  })

  it('an entry that cannot be read holds up only what is behind it, and says so without haste', async (t) => {
    const { broker, clock, faults, logged, publisher, record } = await setup(t)
    faults.unreadableSeq = 701
    record(1_000)
    await clock.passUntil(() => publisher.backlog() === 300, 1_000)
    assert.equal(readBatch(broker.batches().at(-1)?.payload ?? Buffer.alloc(0)).last_seq, 700)
    const errorsBefore = logged.seen.filter(({ level }) => level === 'error').length
    record(200)
    clock.step(999)
    assert.ok(logged.seen.filter(({ level }) => level === 'error').length <= errorsBefore + 1)
    faults.unreadableSeq = undefined
    await clock.passUntil(() => publisher.backlog() === 0, 1_000)
  })

  it('a store that does not take the cursor is asked again; nothing is forgotten', async (t) => {
    const { clock, db, faults, publisher, record, logged } = await setup(t, { entries: 10 })
    faults.storeDown = true
    await clock.passUntil(() => publisher.backlog() === 0)
    clock.step(2_000)
    await logged.when((seen) => seen.find(({ msg }) => msg.includes('was not stored')))
    faults.storeDown = false
    record(1)
    await clock.passUntil(() => readCloudCursor(db) === 11, 100)
  })
})

it('says a summary at once and every minute, when there is one', async (t) => {
  const broker = await startScriptedBroker(t)
  const { clock, publisher } = openUplink(t, { settings: { url: broker.url }, summary: () => ({ open_sessions: 3 }) })
  const summaries = () => broker.publishes.seen.filter(({ topic }) => topic === 'mlango/v1/site-1/summary')
  publisher.start()
  await served(() => summaries().length === 1)
  await clock.passUntil(() => summaries().length === 3, 1_000)
  const [first] = summaries()
  assert.equal(first?.retain, true)
  assert.equal(JSON.parse(String(first?.payload)).open_sessions, 3)
})
