import { type Db, sql } from '../store/database.ts'
import { command } from './command.ts'

/** The last journal entry that the cloud has; 0 when it has none. */
export function readCloudCursor(db: Db): number {
  return (sql(db, 'SELECT seq FROM cloud_cursor').pluck().get() as number | undefined) ?? 0
}

/** Moves forward only: a late acknowledgement must not cause old entries to be sent again. */
export const moveCloudCursor = command('cloud.move-cursor', ({ db }, { seq }: { seq: number }) => {
  sql(
    db,
    'INSERT INTO cloud_cursor (only, seq) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET seq = max(seq, excluded.seq)',
  ).run(seq)
})

export const noteCloudLink = command(
  'cloud.note-link',
  ({ journal }, { state }: { state: 'connected' | 'disconnected' }) => {
    journal.record(state === 'connected' ? 'cloud.connected' : 'cloud.disconnected', {})
  },
)
