import { dirname } from 'node:path'
import type { Clock } from './clock.ts'
import { isNetworkTime } from './clock-source.ts'
import { openCloudPublisher } from './cloud/cloud-publisher.ts'
import type { RelayInbox } from './cloud/relay-inbox.ts'
import type { Config, ConfigSource } from './config.ts'
import { siteSummary } from './dashboard/site-summary.ts'
import { controlSocketIn } from './data-files.ts'
import { asError, MlangoError } from './errors.ts'
import { noteTime } from './flow/clock-evidence.ts'
import { moveCloudCursor, noteCloudLink, readCloudCursor } from './flow/cloud-cursor.ts'
import { lastSeq, readJournal } from './flow/journal.ts'
import type { PoolName } from './flow/queues.ts'
import { httpApp } from './http/app.ts'
import { callbackLane } from './http/callback-lane.ts'
import type { House } from './http/house.ts'
import { openHttpDoor } from './http/http-door.ts'
import { openKeptAnswers } from './http/kept-answers.ts'
import { openCallbacks } from './http/mpesa-callback.ts'
import { openBrand } from './http/portal/open-brand.ts'
import type { Log } from './log.ts'
import { watchLoop } from './metrics/watch-loop.ts'
import { openReach } from './mpesa/reach.ts'
import type { OpeningThreads } from './opening-threads.ts'
import { portalUrlOf } from './own-address.ts'
import { openRadiusDoor } from './radius-door.ts'
import { openRelayDoor } from './relay-door.ts'
import { storedSettings } from './settings/stored-settings.ts'
import { anyOperator } from './staff/operator-table.ts'
import { hashPassword } from './staff/passwords.ts'
import { addFirstOperator } from './staff/staff.ts'
import { type Db, openReader } from './store/database.ts'
import { shareReads } from './store/shared-reads.ts'
import { isDamage, markDamaged } from './store/soundness.ts'
import type { StoreWorker } from './store-worker.ts'
import { openWorkWorker } from './work-worker.ts'

/** The whole daemon, running. */
export interface Appliance {
  readonly siteId: string
  readonly portalUrl: string
  readonly httpPort: number
  readonly radiusAuthPort: number
  readonly radiusAcctPort: number
  /** Within 10 s: takes nothing new, lets running jobs end, commits, closes. */
  stop(): Promise<void>
}

interface ApplianceOptions {
  source: ConfigSource
  opening: OpeningThreads
  version: string
  clock: Clock
  log: Log
}

const MEGABYTE = 1024 * 1024
/** The grants of ten thousand customers: a login that finds its page here asks the system for nothing. */
const DOOR_CACHE_KB = 16_000

/** Opens the parts in the order in which they need each other, and closes them the other way round. */
export async function startAppliance(options: ApplianceOptions): Promise<Appliance> {
  const { source, version, clock, log } = options
  const { databaseFile, facts, gauges, commits } = options.opening
  const opened: (() => unknown)[] = []
  const stop = async () => {
    for (let close = opened.pop(); close; close = opened.pop()) await close()
  }
  try {
    const store = await options.opening.store
    opened.push(() => store.stop())
    const db = openReader(databaseFile)
    opened.push(() => db.close())
    opened.push(shareReads(db, commits))
    const config = withStoredSettings(source, db, log)
    store.boundBacklog(config.cloud.url === undefined ? undefined : config.cloud.max_backlog_mb * MEGABYTE)
    await addConfiguredOperator(store, db, config)

    opened.push(watchLoop(gauges, clock))

    const workers: Record<PoolName, number> = {
      hotspot: config.queue.hotspot_workers,
      payments: config.queue.payments_workers,
      general: config.queue.general_workers,
    }
    const work = openWorkWorker({
      store,
      opened: options.opening.work,
      databaseFile,
      config,
      gauges,
      commits,
      workers,
      clock,
      log,
    })
    const atDoor = openReader(databaseFile, { cacheKb: DOOR_CACHE_KB })
    opened.push(() => atDoor.close())
    opened.push(shareReads(atDoor, commits))
    const radius = openRadiusDoor({ config, store: store.client, db: atDoor, clock, log })
    // First: when the second of its sockets cannot be opened, the first must be closed.
    opened.push(() => radius.stop())
    await radius.start()

    const relay = openRelayDoor({ config, store: store.client, site: store.site, clock, log })
    const cloud = cloudOf({ config, version, store, db, relay, clock, log })

    const kept = openKeptAnswers(() => Atomics.load(commits, 0))
    const house: House = {
      store: store.client,
      db,
      config,
      source,
      site: store.site,
      brand: openBrand(config.site),
      kept,
      mpesaReach:
        config.mpesa.consumer_key === undefined ? undefined : openReach({ baseUrl: config.mpesa.base_url, clock }),
      facts,
      clock,
      log,
      workers,
      notReady: () =>
        store.alarms.find(({ storing }) => !storing)?.message ??
        (work.running ? undefined : 'The work thread is not running.'),
      alarms: () => store.alarms,
      get portalUrl() {
        return portalUrlOf(config, door.port)
      },
      get radiusPorts() {
        return { auth: radius.authPort, acct: radius.acctPort }
      },
      testLogin: (login) => radius.testLogin(login),
      counters: () => ({
        radius: radius.counters,
        radiusByRouter: radius.routerCounters(),
        cloudConnected: cloud?.state.connected,
        cloudBacklog: cloud?.backlog(),
        relayed: relay?.counters,
      }),
    }
    const callbacks = openCallbacks(house)
    const door = openHttpDoor(httpApp(house, callbacks), {
      http: config.http,
      controlSocket: controlSocketIn(dirname(databaseFile)),
      shortcuts: [kept.answer, callbackLane(house, callbacks)],
    })
    opened.push(() => door.stop(1_000))
    await door.start()

    // After the doors: when one cannot open, nothing has been written, and an upgrade can still be taken back. Its jobs end
    // before the doors close, because M-PESA may still answer them.
    opened.push(() => work.stop(4_000))
    await work.start()

    if (cloud) {
      opened.push(() => cloud.stop())
      opened.push(facts.subscribe((news) => 'seq' in news && cloud.wake()))
      cloud.start()
    }
    log.info({ siteId: store.site.id, boot: store.boot, httpPort: door.port }, 'ready')
    return {
      siteId: store.site.id,
      portalUrl: house.portalUrl,
      httpPort: door.port,
      radiusAuthPort: radius.authPort,
      radiusAcctPort: radius.acctPort,
      stop,
    }
  } catch (thrown) {
    await stop()
    // Of a large file only the beginning has been looked at: the next start looks at all of it.
    if (isDamage(asError(thrown))) markDamaged(databaseFile)
    throw thrown
  }
}

/** Settings that are stored may not fit a changed configuration file; then the site runs without them rather than not at all. */
function withStoredSettings(source: ConfigSource, db: Db, log: Log): Config {
  try {
    return source.read(storedSettings(db))
  } catch (thrown) {
    if (!(thrown instanceof MlangoError)) throw thrown
    log.error({ err: thrown }, 'what the settings page has stored does not fit the configuration file and is left out')
    return source.read({})
  }
}

/** So long a word of the cloud may be on its way and still tell the time. */
const CLOUD_ERROR_MS = 5_000

interface Parts {
  config: Config
  store: StoreWorker
  db: Db
  clock: Clock
  log: Log
}

function cloudOf({
  config,
  version,
  store,
  db,
  relay,
  clock,
  log,
}: Parts & { version: string; relay: RelayInbox | undefined }) {
  const { url, username, password, ca, cert, key, ack } = config.cloud
  if (url === undefined) return undefined
  const publisher = openCloudPublisher({
    settings: { url, username, password, ca, cert, key, ack },
    siteId: store.site.id,
    version,
    clock,
    log,
    epoch: store.site.epoch,
    relay,
    readJournal: (afterSeq, limit) => readJournal(db, afterSeq, limit),
    lastSeq: () => lastSeq(db),
    cursorSeq: () => readCloudCursor(db),
    saveCursor: (seq) => store.client.run(moveCloudCursor, { seq }),
    summary: () =>
      siteSummary(db, {
        timeZone: config.site.timezone,
        currency: config.site.currency,
        nowMs: clock.nowMs(),
        backlog: publisher.backlog(),
      }),
    timeHeard(atMs) {
      if (isNetworkTime()) return
      const heard = { teller: 'cloud', offsetMs: atMs - Date.now(), errorMs: CLOUD_ERROR_MS } as const
      store.client.run(noteTime, heard).catch((thrown) => {
        log.warn({ err: asError(thrown) }, 'what the cloud said of the time was not stored')
      })
    },
    linkChanged(connected) {
      store.client.run(noteCloudLink, { state: connected ? 'connected' : 'disconnected' }).catch((thrown) => {
        log.warn({ err: asError(thrown) }, 'a change of the cloud link was not stored')
      })
    },
  })
  return publisher
}

async function addConfiguredOperator(store: StoreWorker, db: Db, { admin }: Config): Promise<void> {
  if (admin.username === undefined || admin.password === undefined || anyOperator(db)) return
  const passwordHash = await hashPassword(admin.password)
  await store.client.run(addFirstOperator, { username: admin.username, passwordHash })
}
