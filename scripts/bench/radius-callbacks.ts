import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { startLoad } from './load.ts'
import { promptPayments, untilQueueIsEmpty } from './prompted-payments.ts'
import { measure, type Sizes } from './radius-measure.ts'
import { fillStore } from './radius-mlango.ts'
import { openSite } from './site.ts'

const CALLBACKS = 1_000
const LOGINS_PER_SECOND = 200
/** The callbacks are answered within it, and the phones of those who have paid are being let in. */
const SECONDS = 4
const FIRST_CALLBACK_MS = 500

export interface BesideCallbacks {
  quietP99Ms: number
  callbacksP99Ms: number
  lost: number
  resent: number
}

/** Logins at 200/s of the whole site, at peace and while M-PESA reports a thousand payments at once. */
export async function measureBesideCallbacks(
  load: ChildProcess,
  directory: string,
  { users }: Sizes,
): Promise<BesideCallbacks> {
  const folder = mkdtempSync(join(directory, 'site-'))
  mkdirSync(join(folder, 'data'))
  fillStore(join(folder, 'data', 'mlango.db'), users)
  const { callbacks, verify } = promptPayments(folder, CALLBACKS)(CALLBACKS)
  const site = await openSite({ directory: folder, late: true, slowDisk: false })
  for (let joined = 0; joined < CALLBACKS; joined += 1) site.join()
  const callers = startLoad()
  try {
    const subject = {
      name: 'mlango',
      authPort: site.authPort,
      acctPort: site.acctPort,
      cpuSeconds: () => site.daemon.cpuMs() / 1000,
      stop: () => site.close(),
    }
    const logIn = () =>
      measure(load, subject, {
        ...{ users, port: site.authPort, kind: 'pap', count: LOGINS_PER_SECOND * SECONDS },
        pace: { perSecond: LOGINS_PER_SECOND },
      })
    await untilQueueIsEmpty(site)
    const quiet = await logIn()
    const reported = new Promise((resolve) => setTimeout(resolve, FIRST_CALLBACK_MS)).then(() =>
      callers.burst(site.port, callbacks),
    )
    const [beside] = await Promise.all([logIn(), reported])
    // Each was answered once it was on disk; what follows from it comes after, and later still on a busy machine.
    await untilQueueIsEmpty(site)
    verify(site.db)
    return { quietP99Ms: quiet.p99Ms, callbacksP99Ms: beside.p99Ms, lost: beside.lost, resent: beside.resent }
  } finally {
    await callers.stop()
    await site.close()
    rmSync(folder, { recursive: true })
  }
}
