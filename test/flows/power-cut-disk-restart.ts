import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { REPORT_WAIT_MS } from '../../src/access/messages.ts'
import { startMpesaSimulator } from '../../src/simulators/mpesa-simulator.ts'
import { startSmsSimulator } from '../../src/simulators/sms-simulator.ts'
import { openReader } from '../../src/store/database.ts'
import { startDaemon } from './daemon.ts'
import { lostIn } from './power-cut-disk-proof.ts'
import type { Acknowledged } from './power-cut-disk-trade.ts'
import { DARAJA, GATEWAY, type Site } from './site.ts'

const LOOK_MS = 100
const PATIENCE_MS = 60_000

/** Everything that could run has run: what is left waits for its time or for a router. */
const UNDER_WAY = "SELECT count(*) FROM jobs WHERE state IN ('ready', 'running') AND pool IN ('hotspot', 'payments')"

/** Credentials of which nobody knows whether they went out go out once more, when no report has come for five minutes. */
const isDueOnceMore = () =>
  `dedupe_key LIKE 'sms:%' AND state = 'uncertain' AND sends = 1 AND updated_at_ms < ${Date.now() + PATIENCE_MS - REPORT_WAIT_MS}`

/** The phones that may have heard of us before the cut, as the disk that it left tells: nobody is told the same again. */
export interface Heard {
  prompted: string[]
  writtenTo: string[]
}

export function heardBefore(directory: string): Heard {
  const db = openReader(join(directory, 'mlango.db'))
  try {
    const numbers = (query: string) => db.prepare(query).pluck().all() as string[]
    return {
      prompted: numbers('SELECT phone_number FROM payments WHERE id IN (SELECT payment_id FROM payment_attempts)'),
      writtenTo: numbers(`SELECT phone_number FROM messages WHERE NOT (${isDueOnceMore()})`),
    }
  } finally {
    db.close()
  }
}

/**
 * Starts the daemon on a disk that a power cut left, in a world where no router answers and M-PESA and the gateway are new: they
 * count what this start does. Returns what was promised and is gone afterwards; throws when anything was done twice.
 */
export async function lostAfterRestart(
  site: Site,
  directory: string,
  before: Heard,
  promised: readonly Acknowledged[],
): Promise<string[]> {
  const mpesa = await startMpesaSimulator({ ...DARAJA, scenario: 'twice' })
  const sms = await startSmsSimulator(GATEWAY)
  site.router.faults.apiDown = true
  site.router.faults.disconnectDeaf = true
  try {
    const { LD_PRELOAD: _, MLANGO_CLOUD_URL: __, ...environment } = site.environment as Record<string, string>
    const daemon = await startDaemon({
      ...environment,
      ...{ MLANGO_STORAGE_DATA_DIR: directory, MLANGO_MPESA_BASE_URL: mpesa.url, MLANGO_SMS_BASE_URL: sms.url },
    })
    const db = openReader(join(directory, 'mlango.db'))
    const value = (query: string) => Number(db.prepare(query).pluck().get())
    try {
      for (let waitedMs = 0; value(UNDER_WAY) > 0; waitedMs += LOOK_MS) {
        assert.ok(waitedMs < PATIENCE_MS, 'jobs that could run do not')
        await delay(LOOK_MS)
      }
      // What an operator gives and takes back at once is over before anybody could be told.
      const failed = db.prepare("SELECT name, reason FROM failed_jobs WHERE reason NOT LIKE 'the time was over%'").all()
      assert.deepEqual(failed, [])
      const askedTwice = 'SELECT count(*) FROM (SELECT 1 FROM payment_attempts GROUP BY payment_id HAVING count(*) > 1)'
      assert.equal(value(askedTwice), 0)
      const isLost = value(
        "SELECT count(*) FROM jobs WHERE state = 'running' AND owner < (SELECT max(number) FROM boots)",
      )
      assert.equal(isLost, 0, 'jobs of the last start are nobody’s')
    } finally {
      db.close()
      assert.equal(await daemon.stop(), 0)
    }
    const prompted = [...before.prompted, ...mpesa.pushes.map(({ phoneNumber }) => phoneNumber)]
    const writtenTo = [...before.writtenTo, ...sms.messages.map(({ to }) => to.replace('+', ''))]
    assert.equal(new Set(prompted).size, prompted.length, 'somebody was prompted twice')
    assert.equal(new Set(writtenTo).size, writtenTo.length, 'somebody was written to twice')
    return lostIn(directory, promised)
  } finally {
    site.router.faults.apiDown = false
    site.router.faults.disconnectDeaf = false
    await Promise.all([mpesa.stop(), sms.stop()])
  }
}
