import { statSync } from 'node:fs'
import { firstBrokenLink } from './billing/payment-history.ts'
import { dayOfLostHead } from './billing/settlement-table.ts'
import type { Clock } from './clock.ts'
import type { ConfigSource } from './config.ts'
import { daemonOrders } from './daemon-orders.ts'
import { databaseFileIn } from './data-files.ts'
import { lookAtBroker } from './doctor/broker.ts'
import { lookAtCertificate } from './doctor/certificate.ts'
import { lookAtDatabase, lookAtHistory, lookAtRoom } from './doctor/database-file.ts'
import { type Finding, findingsAbout } from './doctor/finding.ts'
import { lookAtMpesa, lookAtSms } from './doctor/money-and-messages.ts'
import { lookAtOwnWireGuard } from './doctor/own-wireguard.ts'
import { lookAtPorts } from './doctor/ports.ts'
import { lookAtRouters } from './doctor/site-routers.ts'
import { lookAtClock } from './doctor/time-of-day.ts'
import { asError, MlangoError } from './errors.ts'
import { readJournal } from './flow/journal.ts'
import { allRouters } from './routers/router-table.ts'
import { storedSettings } from './settings/stored-settings.ts'
import { type Db, openReader, sql } from './store/database.ts'
import { readSite } from './store/site.ts'

interface Patient {
  source: ConfigSource
  clock: Clock
  /** Resolves with `GET /readyz` when the daemon is ready; rejects with its reason, or with `daemon-unreachable`. */
  askDaemon(): Promise<unknown>
}

/** Looks at everything that the daemon needs, and changes nothing. */
export async function examine({ source, clock, askDaemon }: Patient): Promise<Finding[]> {
  const dataDir = source.read({}).storage.data_dir
  lookAsOwnerOf(dataDir)
  const { runs, findings } = await lookAtDaemon(askDaemon)
  const file = databaseFileIn(dataDir)
  const database = lookAtDatabase(file, () => openReader(file))
  const known = database.sound ? readKnown(file) : { isKnown: false as const }
  const config = source.read(known.stored ?? {})
  const rest = await Promise.all([
    runs ? [] : lookAtPorts(config),
    lookAtCertificate(config, clock.nowMs()),
    [...database.findings, ...(known.isKnown ? lookAtHistory(known.historyFault) : []), ...lookAtRoom(dataDir)],
    lookAtClock({
      nowMs: clock.nowMs(),
      timeZone: config.site.timezone,
      lastFactAtMs: known.lastFactAtMs,
      timeUrl: config.mpesa.consumer_key === undefined ? undefined : config.mpesa.base_url,
    }),
    lookAtRouters(config, known.routers ?? [], clock),
    lookAtOwnWireGuard(),
    lookAtMpesa(config, clock),
    lookAtSms(config),
    lookAtBroker(config, known.siteId, clock),
  ])
  return [findingsAbout('configuration').well('It is right.'), ...findings, ...rest.flat()]
}

/**
 * With the service's own rights, not root's: what it may not read is then a finding, and nothing that SQLite puts beside
 * the database belongs to somebody whom the service cannot overrule.
 */
function lookAsOwnerOf(dataDir: string): void {
  const owner = statSync(dataDir, { throwIfNoEntry: false })
  if (!owner || process.geteuid?.() !== 0 || owner.uid === 0) return
  process.setgroups?.([owner.gid])
  process.setegid?.(owner.gid)
  process.seteuid?.(owner.uid)
}

async function lookAtDaemon(askDaemon: () => Promise<unknown>): Promise<{ runs: boolean; findings: Finding[] }> {
  const daemon = findingsAbout('daemon')
  const orders = daemonOrders()
  try {
    const { notices } = (await askDaemon()) as { notices: { message: string }[] }
    const told = notices.map(({ message }) => daemon.wrong(message, orders.readLog))
    return { runs: true, findings: [daemon.well('It runs and is ready.'), ...told] }
  } catch (thrown) {
    if (!(thrown instanceof MlangoError)) throw thrown
    const runs = thrown.code !== 'daemon-unreachable'
    const finding = runs
      ? daemon.wrong(`It runs and is not ready: ${thrown.message}`, orders.readLog)
      : daemon.wrong('It does not run.', orders.start)
    return { runs, findings: [finding] }
  }
}

/** What the database knows of this site. Another release's file may not tell. */
function readKnown(file: string) {
  const db = openReader(file)
  try {
    return {
      isKnown: true as const,
      historyFault: historyFault(db),
      siteId: readSite(db)?.id,
      lastFactAtMs: lastFactAtMs(db),
      routers: allRouters(db),
      stored: storedSettings(db),
    }
  } catch (thrown) {
    if (asError(thrown).name === 'SqliteError') return { isKnown: false as const }
    throw thrown
  } finally {
    db.close()
  }
}

/** What shows that the history of money is not what was written; every row of it is looked at. */
function historyFault(db: Db): string | undefined {
  const rowId = firstBrokenLink(db)
  if (rowId !== undefined) return `Row ${rowId} of the history of money is not what was written.`
  const day = dayOfLostHead(db)
  return day === undefined
    ? undefined
    : `The history of money does not go on from the head with which ${day} was closed.`
}

const lastFactAtMs = (db: Db): number | undefined => {
  const lastSeq = sql(db, 'SELECT max(seq) FROM journal').pluck().get() as number | null
  return lastSeq === null ? undefined : readJournal(db, lastSeq - 1, 1)[0]?.timeMs
}
