import { asError, MlangoError } from '../../src/errors.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import type { RouterSpeech } from '../../src/routers/router-speech.ts'
import { allRouters, type RouterRow } from '../../src/routers/router-table.ts'
import type { RouterAddress } from '../../src/routers/routeros-connection.ts'
import { isOnline } from '../../src/routers/watch/reach-table.ts'
import type { JobServices } from '../services.ts'

/** A router that is slower than this is read the next time; meanwhile it holds a worker that others need. */
const VISIT_MS = 10_000

/**
 * Does something with every router, all at the same time; `undefined` stands for one that is away or does not answer in
 * between. Whether a router is there is for `check-routers` to say; here nobody knocks at the door of one that is not.
 */
export function withEachRouter(
  services: JobServices,
  visit: (router: RouterRow, speech: RouterSpeech | undefined) => Promise<void>,
): Promise<void> {
  const { gate, clock, signal } = services
  return withEachAddress(services, async (router, address) => {
    if (!address) return visit(router, undefined)
    const tooLong = new AbortController()
    const cancel = clock.after(VISIT_MS, () => tooLong.abort(new MlangoError('router-slow', 'It takes too long')))
    try {
      await visit(router, gate.speak(address, AbortSignal.any([signal, tooLong.signal])))
    } finally {
      cancel()
    }
  })
}

/** The same for who has patience of his own. */
export async function withEachAddress(
  { db, log }: JobServices,
  visit: (router: RouterRow, address: RouterAddress | undefined) => Promise<void>,
): Promise<void> {
  await Promise.all(
    allRouters(db).map(async (router) => {
      try {
        await visit(router, isOnline(db, router.id) ? routerAddress(router) : undefined)
      } catch (thrown) {
        if (!(thrown instanceof RouterError)) throw asError(thrown)
        log.info({ routerId: router.id, reason: thrown.message }, 'a router was not read to the end')
      }
    }),
  )
}
