import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openReader } from '../../src/store/database.ts'
import type { Purchase, Site } from './site.ts'

/** What every customer is promised, whatever happens meanwhile: online once, charged once, one SMS. */
export async function onlineOnce(site: Site, purchase: Purchase): Promise<void> {
  const { macAddress, phoneNumber, paymentId } = purchase
  await site.router.whenOnline(macAddress, 60_000)
  await site.whenView(purchase, ({ access }) => access?.online === true, 60_000)
  const logins = site.router.logins.filter((login) => login.macAddress === macAddress && login.outcome === 'online')
  assert.equal(logins.length, 1, 'online exactly once')
  assert.deepEqual(site.mpesa.moneyTaken(phoneNumber), { shillings: 10, count: 1 }, 'charged once')
  const grants = await site.call('GET', '/api/grants')
  assert.equal(grants.body.items.filter((grant: { source_id: string }) => grant.source_id === paymentId).length, 1)
  await oneMessage(site, purchase)
}

/**
 * A message that was cut off between "sending" and the gateway goes out five minutes later, because nobody knows whether
 * it had left; until then its job must wait for that.
 */
async function oneMessage(site: Site, { phoneNumber }: Purchase): Promise<void> {
  const sent = () => site.sms.messages.filter(({ to }) => to === `+${phoneNumber}`).length
  if (sent() === 0 && isCutOff(site, phoneNumber)) {
    const [waiting] = onDisk(site, "SELECT count(*) AS jobs FROM jobs WHERE name = 'send-credentials-sms'")
    assert.deepEqual(waiting, { jobs: 1 }, 'the SMS is still to go out')
    return
  }
  for (let count = 1; sent() === 0; count++) await site.sms.whenSent(count, 60_000)
  assert.equal(sent(), 1, 'one SMS')
}

const isCutOff = (site: Site, phoneNumber: string): boolean =>
  onDisk(
    site,
    `SELECT id FROM messages WHERE phone_number = ? AND (state = 'uncertain'
       OR state = 'sending' AND updated_at_ms < (SELECT max(started_at_ms) FROM boots))`,
    phoneNumber,
  ).length > 0

/** What the site's database says now, whether or not its daemon runs. */
export function onDisk(site: Site, question: string, ...values: unknown[]): unknown[] {
  const db = openReader(join(site.dataDir, 'mlango.db'))
  try {
    return db.prepare(question).all(...values)
  } finally {
    db.close()
  }
}
