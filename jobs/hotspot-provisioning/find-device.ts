import { deviceAtOf, noteDeviceFound } from '../../src/access/asked-from.ts'
import type { GrantRow } from '../../src/access/grant-table.ts'
import { type JobOutcome, offline, snooze } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { allRouters, routerByAddress } from '../../src/routers/router-table.ts'
import type { JobServices } from '../services.ts'

const ASK_AGAIN_MS = 10_000

/**
 * Who types the portal's address comes without a name: the routers know which device has the address that asked. Nobody does
 * behind one that masquerades. Undefined when there is nothing to wait for.
 */
export async function findDevice(services: JobServices, grant: GrantRow): Promise<JobOutcome | undefined> {
  const { db, gate, clock, store, signal } = services
  const at = deviceAtOf(db, grant.id, clock.nowMs())
  if (at === undefined || routerByAddress(db, at)) return undefined
  const asked = await Promise.all(
    allRouters(db)
      .filter(({ id }) => (grant.routerId ?? id) === id)
      .map(async (router) => {
        const address = routerAddress(router)
        return { routerId: router.id, answer: address && (await gate.deviceAt(address, at, signal)) }
      }),
  )
  const found = asked.flatMap(({ routerId, answer }) =>
    answer?.outcome === 'found' ? [{ routerId, macAddress: answer.macAddress }] : [],
  )
  const [device] = found
  if (device && found.length === 1) {
    await store.run(noteDeviceFound, { grantId: grant.id, deviceAt: at, ...device })
    return undefined
  }
  for (const { routerId, answer } of asked) {
    if (answer?.outcome !== 'unreachable') continue
    // One that the customer may not even be at holds nobody up: this one alone asks again, for as long as the address counts.
    return grant.routerId === routerId ? offline(answer.error.message, `router ${routerId}`) : snooze(ASK_AGAIN_MS)
  }
  return undefined
}
