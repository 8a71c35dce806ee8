import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'

/**
 * What a device was online with has ended: an access that was bought in its name meanwhile, and waits for that, has its turn
 * now. Only what waits is brought forward; nobody is logged in who left on purpose.
 */
export const wakeWaitingAccess = command('grants.wake-waiting', ({ db, queue }, { grantId }: { grantId: string }) => {
  const waiting = sql(
    db,
    `SELECT other.id FROM grants JOIN grants AS other ON other.mac_address = grants.mac_address AND other.id <> grants.id
     WHERE grants.id = ? AND other.ended_at_ms IS NULL
       AND EXISTS (SELECT 1 FROM jobs WHERE unique_key = 'create-hotspot-user:' || other.id AND state = 'scheduled')`,
  )
    .pluck()
    .all(grantId) as string[]
  for (const id of waiting) queue.enqueue({ name: 'create-hotspot-user', payload: { grantId: id } })
})
