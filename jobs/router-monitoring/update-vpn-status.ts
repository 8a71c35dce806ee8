import * as z from 'zod'
import { done } from '../../src/flow/job-outcome.ts'
import { hasWireGuard, readOwnVpnPeers } from '../../src/routers/watch/appliance-wireguard.ts'
import { noteVpnPeers } from '../../src/routers/watch/vpn.ts'
import { readVpnPeers } from '../../src/routers/watch/wireguard.ts'
import { defineJob } from '../services.ts'
import { withEachRouter } from './online-routers.ts'

/** WireGuard peers of the routers and of this machine: who has shaken hands lately, and how much went through. */
export const updateVpnStatus = defineJob({
  payload: z.strictObject({}),
  attempts: 1,
  timeoutMs: 60_000,
  // A slow router is waited for: not by more than one worker.
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/2 * * * *',
  async run(_payload, services) {
    const { clock, store, signal, log } = services
    const ofThisMachine = async () => {
      const peers = await readOwnVpnPeers(signal)
      if (!peers && hasWireGuard())
        log.info('the WireGuard peers of this machine are not shown to us: see mlango doctor')
      await store.run(noteVpnPeers, { routerId: null, peers })
    }
    const ofRouters = withEachRouter(services, async ({ id: routerId }, router) => {
      const peers = router && (await readVpnPeers(router, clock.nowMs()))
      await store.run(noteVpnPeers, { routerId, peers })
    })
    await Promise.all([ofThisMachine(), ofRouters])
    return done()
  },
})
