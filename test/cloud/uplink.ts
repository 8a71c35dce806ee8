import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/clock.ts'
import type { BrokerSettings } from '../../src/cloud/broker-stream.ts'
import { type CloudPublisher, openCloudPublisher } from '../../src/cloud/cloud-publisher.ts'
import { openRelayInbox, type StoreRelayed } from '../../src/cloud/relay-inbox.ts'
import { moveCloudCursor, readCloudCursor } from '../../src/flow/cloud-cursor.ts'
import { lastSeq, openJournal, readJournal } from '../../src/flow/journal.ts'
import { openLog } from '../../src/log.ts'
import { Sightings } from '../../src/simulators/sightings.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { SteppedClock } from '../simulators/router/stepped-clock.ts'

export const EPOCH = 'epoch-1'

interface LogLine {
  level: string
  msg: string
  kind?: string
  reason?: string
  topic?: string
  waitMs?: number
}

interface UplinkOptions {
  settings: BrokerSettings
  ack?: 'broker' | 'end-to-end'
  clock?: Clock
  summary?: () => Record<string, unknown>
  /** Takes relayed messages under this key; one store for each topic. */
  relay?: { relayKey: string; stores: Record<string, StoreRelayed>; headOffice?: Record<string, StoreRelayed> }
}

/** A stepped clock that also knows how many timers are still set. */
export class CountedClock extends SteppedClock {
  readonly pending = new Set<object>()

  override after(delayMs: number, callback: () => void): () => void {
    const timer = {}
    this.pending.add(timer)
    const cancel = super.after(delayMs, () => {
      this.pending.delete(timer)
      callback()
    })
    return () => {
      this.pending.delete(timer)
      cancel()
    }
  }

  /** Lets time go by in small steps, with the sockets served in between, until `condition` holds. */
  async passUntil(condition: () => boolean, stepMs = 5): Promise<void> {
    for (const deadline = Date.now() + 20_000; !condition(); ) {
      if (Date.now() > deadline) throw new Error('time passed in vain')
      this.step(stepMs)
      await setImmediate()
    }
  }
}

/** The sockets are served until `condition` holds, and time stands still. */
export async function served(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); await setImmediate()) {
    if (Date.now() > deadline) throw new Error('it did not come about')
  }
}

/** What is on its way over loopback arrives. For showing that something does not happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

/** A journal in a real file, and the publisher that carries it to a broker. */
export function openUplink<C extends Clock = CountedClock>(t: TestContext, options: UplinkOptions & { clock?: C }) {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-uplink-'))
  const clock = (options.clock ?? new CountedClock()) as C
  const db = openWriter(join(folder, 'mlango.db'))
  migrate(db)
  const journal = openJournal(db, { nowMs: () => clock.nowMs(), react() {}, announce() {} })
  const saves = new Sightings<number>('saved cursors')
  const news = new Sightings<boolean>('news of the link')
  const logged = new Sightings<LogLine>('log lines')
  const log = openLog('debug', {}, { write: (line) => logged.add(JSON.parse(line)) })
  const faults = { unreadableSeq: undefined as number | undefined, storeDown: false }

  const relay = options.relay && openRelayInbox({ ...options.relay, clock, log })
  const open = (): CloudPublisher =>
    openCloudPublisher({
      settings: { ...options.settings, ack: options.ack ?? 'broker' },
      siteId: 'site-1',
      version: '1.2.3',
      epoch: EPOCH,
      clock,
      log,
      relay,
      readJournal(afterSeq, limit) {
        const entries = readJournal(db, afterSeq, limit)
        if (entries.some(({ seq }) => seq === faults.unreadableSeq)) throw new SyntaxError('not JSON')
        return entries
      },
      lastSeq: () => lastSeq(db),
      cursorSeq: () => readCloudCursor(db),
      async saveCursor(seq) {
        if (faults.storeDown) throw new Error('the store is down')
        moveCloudCursor.run({ db } as never, { seq })
        saves.add(seq)
      },
      linkChanged: (connected) => news.add(connected),
      ...(options.summary && { summary: options.summary }),
    })
  const publisher = open()
  const record = db.transaction((count: number) => {
    for (let index = 0; index < count; index++) {
      journal.record('router.registered', { routerId: index, name: `Router ${index}` })
    }
  })

  t.after(async () => {
    const stopping = publisher.stop()
    if (clock instanceof CountedClock) clock.step(5_000)
    await stopping
    db.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    clock,
    db,
    publisher,
    relay,
    /** The same site after a restart of the daemon. */
    reopen: open,
    saves,
    news,
    logged,
    faults,
    /** Records facts, and wakes the publisher as the appliance does: once for each. */
    record(count: number) {
      record(count)
      for (let index = 0; index < count; index++) publisher.wake()
    },
    whenConnected: () => news.when((seen) => (seen.at(-1) === true ? true : undefined)),
  }
}
