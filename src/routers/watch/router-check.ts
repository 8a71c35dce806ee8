import { isAway, RouterError } from '../router-error.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import { parseDurationSeconds } from '../routeros-duration.ts'
import type { Row } from '../routeros-patches.ts'

export type CheckOutcome =
  | { online: true; uptimeSeconds: number | null; version: string | null; model: string | null }
  /** `isAway`: nothing shows that it is there; otherwise only this way into it is closed. */
  | { online: false; isAway: boolean; reason: string }

/** As long as it takes to connect, so that the worst is known within ten seconds. */
const ANSWER_MS = 5_000
const LOOK = print('/system/resource', ['uptime', 'version', 'board-name'])

/** Whether a router can be used: it answers, and lets us in. */
export async function checkRouter(router: RouterSpeech): Promise<CheckOutcome> {
  try {
    const [row = {}] = await lookTwice(router)
    return {
      online: true,
      uptimeSeconds: parseDurationSeconds(row.uptime ?? '') ?? null,
      version: row.version ?? null,
      model: row['board-name'] ?? null,
    }
  } catch (thrown) {
    if (!(thrown instanceof RouterError)) throw thrown
    // It is there and speaks, which is all that was asked.
    if (thrown.kind === 'trap') return { online: true, uptimeSeconds: null, version: null, model: null }
    return { online: false, isAway: isAway(thrown), reason: thrown.message }
  }
}

/** A kept connection on which nothing comes back says less than a new one that cannot be opened. */
async function lookTwice(router: RouterSpeech): Promise<Row[]> {
  try {
    return await router.look(LOOK, ANSWER_MS)
  } catch (thrown) {
    if (!(thrown instanceof RouterError) || thrown.kind !== 'timeout' || !thrown.sent) throw thrown
    return router.look(LOOK, ANSWER_MS)
  }
}
