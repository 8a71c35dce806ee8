import { once } from 'node:events'
import { type MessagePort, parentPort } from 'node:worker_threads'
import { catalogue } from '../jobs/catalogue.ts'
import type { Hands } from '../jobs/services.ts'
import { staleAfterMs } from './access/session-table.ts'
import { tidyAfterStart } from './after-start.ts'
import { applianceForRouter } from './appliance-for-router.ts'
import { C2B_TOKEN_TEXT } from './billing/receive-money.ts'
import { neverBefore, systemClock } from './clock.ts'
import { isNetworkTime } from './clock-source.ts'
import type { Config } from './config.ts'
import { backupDirectoryIn } from './data-files.ts'
import { letDoorsFirst } from './doors-first.ts'
import { asError } from './errors.ts'
import { Pools } from './flow/pools.ts'
import { enqueueJob } from './flow/queue-commands.ts'
import { lastKnownMs } from './flow/time-trust.ts'
import { timeAt } from './http-date.ts'
import { type Log, openLog } from './log.ts'
import { ownLogFiles, rotateLog } from './log-rotation.ts'
import { readGauges } from './metrics/gauges.ts'
import { openMachineProbe } from './metrics/machine.ts'
import { openMpesaClient } from './mpesa/mpesa-client.ts'
import { openQueryPace } from './mpesa/query-pace.ts'
import { changeSession } from './radius/coa-client.ts'
import { disconnect } from './radius/disconnect-client.ts'
import { QuietRouters } from './radius/quiet-routers.ts'
import { sessionChange, sessionNames } from './radius/session-of-router.ts'
import { routerModem } from './router-modem.ts'
import { openRouterGate } from './routers/routeros-gate.ts'
import { PatientReads } from './routers/watch/patient-reads.ts'
import { REPORT_TOKEN_TEXT } from './sms/delivery-report.ts'
import { openSmsProvider } from './sms/sms-provider.ts'
import { backUpInProcess } from './store/backup-in-process.ts'
import { connectStore } from './store/client.ts'
import { openReader } from './store/database.ts'
import { shareReads } from './store/shared-reads.ts'
import { readSite, siteToken } from './store/site.ts'
import type { FromWork, StoreToWork, ToWork, WorkThreadStart } from './thread-messages.ts'

/** The work thread: the job pools with the hands they work with. It never writes to the disk; it sends commands. */
const main = parentPort as MessagePort
letDoorsFirst()
const { databaseFile, config, gauges, commits, workers, store } = await toldToStart()
const log = openLog(config.log.level, { thread: 'work' })
const db = openReader(databaseFile)
const endReads = shareReads(db, commits)
const gate = openRouterGate({ log, onChanged: lookAtRouter })
neverBefore(lastKnownMs(db), isNetworkTime)

const client = connectStore(store, (message: StoreToWork) => {
  if (message.kind === 'cancel') for (const run of message.runs) pools.cancel(run)
  else for (const job of message.jobs) pools.start(job)
})
store.on('close', () => client.abandon('the store thread has closed its end'))
const pools = new Pools({
  catalogue,
  services: handsOf(config, log),
  client,
  clock: systemClock,
  log,
})

/** The store's port comes with it. */
async function toldToStart(): Promise<WorkThreadStart> {
  const [message] = (await once(main, 'message')) as [ToWork]
  if (message.kind !== 'start') throw new Error('the work thread was told something else before its start')
  return message.start
}

/** A router's connection broke, or it may be back: whether it is there should not wait for the next minute. */
function lookAtRouter(routerId: number): void {
  client.run(enqueueJob, { name: 'check-routers', payload: { routerId } }).catch((thrown) => {
    log.warn({ err: asError(thrown), routerId }, 'a look at a router was not asked for')
  })
}

function handsOf(config: Config, log: Log): Hands {
  const { mpesa, sms, sms_fallback, site, radius, storage, cloud, outages } = config
  const quiet = new QuietRouters(systemClock)
  return {
    db,
    clock: systemClock,
    gate,
    disconnect: (router, session, signal) =>
      quiet.ask(router.id, () => disconnect(sessionNames(router, session), { signal })),
    changeSession: (router, session, access, signal) =>
      quiet.ask(router.id, () =>
        changeSession(sessionNames(router, session), sessionChange(session, access), { signal }),
      ),
    staleAfterMs: staleAfterMs(radius.interim_interval),
    mpesa: mpesaHand(mpesa, log),
    provisional: provisionalOf(config.provisional),
    sms: openSmsProvider(sms, sms_fallback, routerModem(db, gate), smsReportUrl(mpesa)),
    timeOf: {
      machine: () => Date.now(),
      isNetworkTime,
      // Only a server that this box asks anyway, and that has proven who it is.
      async server(signal) {
        const isAsked = mpesa.consumer_key !== undefined && mpesa.base_url.startsWith('https:')
        return isAsked ? timeAt(mpesa.base_url, signal) : undefined
      },
    },
    applianceFor: (routerHost) => applianceForRouter(config, routerHost),
    liveReads: new PatientReads(systemClock),
    interimIntervalSeconds: radius.interim_interval,
    site: {
      ...{ name: site.name, timeZone: site.timezone, currency: site.currency },
      language: site.languages[0] ?? 'en',
    },
    outagePolicy: outages,
    workers,
    machine: openMachineProbe({ databaseFile, dataDir: storage.data_dir }),
    gauges: () => readGauges(gauges),
    hasCloud: cloud.url !== undefined,
    logFiles: ownLogFiles,
    rotateLog,
    backUp: (signal) => backUpInProcess({ databaseFile, directory: backupDirectoryIn(storage.data_dir) }, signal),
  }
}

function provisionalOf({ enabled, minutes, rate_limit, site_limit_cents }: Config['provisional']) {
  if (!enabled) return undefined
  const [upKbps = 0, downKbps = upKbps] = rate_limit.split('/').map(kbpsOf)
  return { seconds: minutes * 60, upKbps, downKbps, siteLimitCents: site_limit_cents }
}

/** "512k" or "1M", as routers write it. */
function kbpsOf(speed: string): number {
  return Number.parseInt(speed, 10) * (speed.endsWith('M') ? 1_000 : 1)
}

/** Undefined when nobody outside can reach it: a gateway may refuse a message for such an address. */
function smsReportUrl({ callback_base_url: base }: Config['mpesa']): string | undefined {
  if (!base?.startsWith('https:')) return undefined
  return `${base.replace(/\/$/, '')}/api/sms/delivery/${siteToken(readSite(db), REPORT_TOKEN_TEXT)}`
}

function mpesaHand(mpesa: Config['mpesa'], log: Log): Hands['mpesa'] {
  const { consumer_key, consumer_secret, shortcode, passkey, callback_base_url, till } = mpesa
  if (!consumer_key || !consumer_secret || !shortcode || !passkey || !callback_base_url) return undefined
  const base = callback_base_url.replace(/\/$/, '')
  const c2b = `${base}/api/mpesa/c2b/${siteToken(readSite(db), C2B_TOKEN_TEXT)}`
  return {
    client: openMpesaClient(
      {
        baseUrl: mpesa.base_url,
        consumerKey: consumer_key,
        consumerSecret: consumer_secret,
        shortcode,
        passkey,
        type: mpesa.type,
        ...(till !== undefined && { till }),
      },
      { log, clock: systemClock },
    ),
    pace: openQueryPace({ clock: systemClock, spacingMs: mpesa.query_interval_ms }),
    callbackUrl: (token) => `${base}/api/mpesa/callback/${token}`,
    c2bUrls: { confirmation: `${c2b}/confirmation`, validation: `${c2b}/validation` },
    pull: mpesa.pull,
    pullRegistration:
      mpesa.pull_number === undefined
        ? undefined
        : { nominatedNumber: mpesa.pull_number, callbackUrl: `${c2b}/confirmation`, isDone: false },
  }
}

main.on('message', async (message: ToWork) => {
  if (message.kind !== 'stop') return
  await pools.stop(message.withinMs)
  await gate.stop()
  endReads()
  db.close()
  store.close()
  main.postMessage({ kind: 'stopped' } satisfies FromWork)
  main.close()
})
tidyAfterStart()
main.postMessage({ kind: 'ready' } satisfies FromWork)
