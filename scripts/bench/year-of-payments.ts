import { createHash } from 'node:crypto'
import { dayReport } from '../../src/billing/day-report.ts'
import { chainHead } from '../../src/billing/payment-history.ts'
import { insertSettlement } from '../../src/billing/settlement-table.ts'
import { openWriter } from '../../src/store/database.ts'

/** How a column of a copied row differs from the original; what is not named stays as it is. `k` is the copy's number. */
type Changes = Record<string, string>

const DAY_MS = 86_400_000
const YEAR_MS = 365 * DAY_MS

/** Days whose report is asked for, the oldest first. */
export const REPORTED_DAYS_AGO = [300, 180, 30, 1]

export const businessDay = (daysAgo: number): string =>
  new Date(Date.now() + 3 * 3_600_000 - daysAgo * DAY_MS).toISOString().slice(0, 10)
/** More than any table of the small site holds, so that no two copies share a number. */
const SPAN = 1_000_000

/** Tables that hold something of every payment, those that others name first. */
const tablesOf = (stepMs: number): Record<string, Changes> => {
  const earlier = (column: string) => ({ [column]: `${column} - k * ${stepMs}` })
  const own = (column: string) => ({ [column]: `${column} || '-' || k` })
  const number = (column: string) => ({ [column]: `${column} + k * ${SPAN}` })
  const code = (column: string) => ({ [column]: 'hex(randomblob(6))' })
  return {
    payments: { ...own('id'), client_key: 'NULL', ...earlier('created_at_ms'), ...earlier('updated_at_ms') },
    payment_attempts: {
      ...number('id'),
      ...own('payment_id'),
      ...code('account_ref'),
      callback_token_hash: 'randomblob(32)',
      ...own('merchant_request_id'),
      ...own('checkout_request_id'),
      ...earlier('started_at_ms'),
    },
    callback_inbox: { ...number('id'), ...number('attempt_id'), ...earlier('received_at_ms') },
    receipts: {
      ...number('id'),
      ...code('receipt'),
      ...own('checkout_request_id'),
      ...own('payment_id'),
      ...earlier('paid_at_ms'),
      ...earlier('arrived_at_ms'),
    },
    payment_history: {
      ...number('id'),
      ...own('payment_id'),
      ...earlier('at_ms'),
      hash: 'randomblob(32)',
      previous_hash: 'randomblob(32)',
    },
    ledger_transactions: {
      ...number('id'),
      ...own('dedupe_key'),
      ...earlier('at_ms'),
      business_day: `date((at_ms - k * ${stepMs}) / 1000 + 10800, 'unixepoch')`,
    },
    ledger_entries: number('transaction_id'),
    grants: {
      ...own('id'),
      ...own('source_id'),
      ...code('username'),
      ...earlier('starts_at_ms'),
      ...earlier('expires_at_ms'),
      ended_at_ms: `expires_at_ms - k * ${stepMs}`,
      end_reason: "'time-used'",
      ...earlier('user_created_at_ms'),
      ...earlier('online_at_ms'),
    },
    grant_parts: { ...own('source_id'), ...own('grant_id'), ...earlier('given_at_ms') },
    sessions: {
      ...number('id'),
      ...own('unique_key'),
      ...own('grant_id'),
      ...earlier('started_at_ms'),
      updated_at_ms: `updated_at_ms - k * ${stepMs}`,
      stopped_at_ms: `updated_at_ms - k * ${stepMs}`,
      stop_reason: "'Session-Timeout'",
    },
    messages: {
      ...number('id'),
      ...own('dedupe_key'),
      ...own('grant_id'),
      provider_id: 'NULL',
      ...earlier('updated_at_ms'),
    },
  }
}

/**
 * Turns the site's payments into a year of them: each is copied `copies` times, spread evenly over the year before, and the journal
 * filled with copies of its entries up to `journalRows`, all of which the cloud has. Meant for a stopped daemon.
 */
export function makeYear(databaseFile: string, { copies, journalRows }: { copies: number; journalRows: number }): void {
  const db = openWriter(databaseFile)
  const triggers = db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all() as {
    name: string
    sql: string
  }[]
  db.pragma('foreign_keys = OFF')
  db.pragma('synchronous = OFF')
  db.transaction(() => {
    // What they keep from happening by accident is done here on purpose.
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`)
    for (const [table, changes] of Object.entries(tablesOf(Math.floor(YEAR_MS / copies)))) copy(table, changes)
    fillJournal()
    for (const { sql } of triggers) db.exec(sql)
  })()
  const broken = db.pragma('foreign_key_check') as object[]
  if (broken.length > 0) throw new Error(`the year of payments does not hang together: ${JSON.stringify(broken[0])}`)
  db.exec('ANALYZE')
  for (const daysAgo of REPORTED_DAYS_AGO) close(businessDay(daysAgo + 1))
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()

  /** Each night has closed its day; of those before a reported one the last is enough. */
  function close(day: string): void {
    const report = JSON.stringify(dayReport(db, day))
    const reportSha256 = createHash('sha256').update(report).digest()
    insertSettlement(db, { day, report, reportSha256, auditHead: chainHead(db), closedAtMs: Date.now() })
  }

  function copy(table: string, changes: Changes): void {
    const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
    const values = columns.map((column) => changes[column] ?? column)
    const numbers = 'WITH RECURSIVE copies (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :copies)'
    db.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) ${numbers} SELECT ${values.join(', ')} FROM (SELECT * FROM ${table}), copies`,
    ).run({ copies })
  }

  function fillJournal(): void {
    const { count, last } = db.prepare('SELECT count(*) AS count, max(seq) AS last FROM journal').get() as {
      count: number
      last: number
    }
    db.prepare(
      `INSERT INTO journal (seq, id, type, at_ms, data)
       WITH RECURSIVE copies (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM copies WHERE k < :rounds)
       SELECT :last + (k - 1) * :count + seq, id || '-' || k, type, at_ms, data FROM (SELECT * FROM journal), copies
       WHERE :last + (k - 1) * :count + seq <= :journalRows`,
    ).run({ rounds: Math.ceil(journalRows / count), last, count, journalRows })
    db.prepare(
      'INSERT INTO cloud_cursor (only, seq) SELECT 1, max(seq) FROM journal WHERE true ON CONFLICT (only) DO UPDATE SET seq = excluded.seq',
    ).run()
  }
}
