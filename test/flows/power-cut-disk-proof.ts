import { join } from 'node:path'
import { backupsIn } from '../../src/store/backups.ts'
import { type Db, openReader, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { Acknowledged } from './power-cut-disk-trade.ts'

/** What may never be in the file, whatever happened to the power: the query finds it. */
const forbidden: Record<string, string> = {
  'a payment with two receipts':
    'SELECT payment_id FROM receipts GROUP BY payment_id HAVING count(*) > 1 AND payment_id IS NOT NULL',
  'two grants for one cause': 'SELECT source_id FROM grants GROUP BY source, source_id HAVING count(*) > 1',
  'a payment that was completed twice':
    "SELECT data FROM journal WHERE type = 'payment.completed' GROUP BY data ->> 'paymentId' HAVING count(*) > 1",
  'access that was granted twice':
    "SELECT data FROM journal WHERE type = 'access.granted' GROUP BY data ->> 'grantId' HAVING count(*) > 1",
  'a paid payment without grant or work that will make one': `SELECT id FROM payments WHERE state = 'PAID'
    AND NOT EXISTS (SELECT 1 FROM grants WHERE source = 'payment' AND source_id = payments.id)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE name = 'process-payment' AND payload ->> 'paymentId' = payments.id)`,
  'a payment that nobody will look at': `SELECT id FROM payments WHERE state IN ('CREATED', 'SUBMITTING', 'PROMPTED')
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE name = 'reconcile-payments' AND payload ->> 'paymentId' = payments.id)`,
  'a callback of a crowd that nobody will look into': `SELECT id FROM callback_inbox WHERE outcome = 'waiting'
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE name = 'weigh-waiting-callbacks')`,
  'a gap in the journal':
    'SELECT 1 FROM (SELECT count(*) AS entries, max(seq) AS last FROM journal) WHERE entries <> last',
}

/** Opens what a power cut left as the daemon does. Returns what was promised and is gone; throws when the file is unsound. */
export function lostIn(directory: string, promised: readonly Acknowledged[]): string[] {
  const db = openWriter(join(directory, 'mlango.db'))
  try {
    const problems = [...soundness(db), ...unsoundBackups(join(directory, 'backups'))]
    migrate(db)
    for (const [what, query] of Object.entries(forbidden)) {
      if (db.prepare(query).all().length > 0) problems.push(what)
    }
    if (problems.length > 0) throw new Error(problems.join('; '))
    return promised.filter(({ holds }) => !holds(db)).map(({ what }) => what)
  } finally {
    db.close()
  }
}

/** A backup that has its name is whole, whenever the power went. */
export const unsoundBackups = (directory: string): string[] =>
  backupsIn(directory).filter((backup) => {
    const db = openReader(backup)
    try {
      return (
        db.pragma('integrity_check', { simple: true }) !== 'ok' ||
        db.prepare('SELECT count(*) FROM site').pluck().get() !== 1
      )
    } finally {
      db.close()
    }
  })

function soundness(db: Db): string[] {
  const integrity = db.pragma('integrity_check', { simple: true })
  const references = db.pragma('foreign_key_check') as unknown[]
  return [
    ...(integrity === 'ok' ? [] : [String(integrity)]),
    ...(references.length === 0 ? [] : ['a broken reference']),
  ]
}
