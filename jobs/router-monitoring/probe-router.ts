import * as z from 'zod'
import { done, effect, type JobOutcome, snooze } from '../../src/flow/job-outcome.ts'
import { certificateOf } from '../../src/routers/certificate-of.ts'
import { beginProvisioning } from '../../src/routers/provision/provisionings.ts'
import { wishesOf } from '../../src/routers/provision/wishes.ts'
import { pinCertificate } from '../../src/routers/registry.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { noteProbe, type ProbeRow, probeOf } from '../../src/routers/watch/probes.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { type Advice, adviceFor, adviceForFailure, FACTORY } from '../../src/routers/watch/router-advice.ts'
import { checkRouter } from '../../src/routers/watch/router-check.ts'
import { probeRouter } from '../../src/routers/watch/router-probe.ts'
import { defineJob, type JobServices } from '../services.ts'

/** How long a router is waited for after it was registered or has called home. */
const PATIENCE_MS = 10 * 60_000
const MINUTE_MS = 60_000

/**
 * Gets to know a router: every 5 s at first, then every 10 s, up to ten minutes. Says what it is, and what somebody has to
 * do at it. How far it is provisioned is not its business.
 */
export const probeRouterJob = defineJob({
  payload: z.strictObject({ routerId: z.int(), startedAtMs: z.int() }),
  attempts: 3,
  timeoutMs: 40_000,
  // Each probe has its own: one that begins while a look of the last is under way must not be lost in it.
  uniqueBy: ({ routerId, startedAtMs }) => `${routerId}:${startedAtMs}`,
  async run({ routerId, startedAtMs }, services) {
    const { db, gate, store, signal, interimIntervalSeconds } = services
    const router = routerById(db, routerId)
    const probe = probeOf(db, routerId)
    // Removed meanwhile, found by another run, or begun anew.
    if (!router || probe?.state !== 'looking' || probe.startedAtMs !== startedAtMs) return done()
    const address = routerAddress(router)
    if (!address) return notFound(services, probe, 'it has not called home', [RUN_SCRIPT, FACTORY])
    const speech = gate.speak(address, signal)
    try {
      const findings = await probeRouter(speech)
      // The first that it shows after its adoption; over an anonymous TLS it shows none.
      if (router.apiTls === 1 && router.certificatePem === null && router.status !== 'pending') {
        const certificatePem = await certificateOf(address)
        if (certificatePem !== undefined) await store.run(pinCertificate, { routerId, certificatePem })
      }
      await store.run(noteCheck, { routerId, check: await checkRouter(speech), interimIntervalSeconds })
      const found = effect(noteProbe, {
        ...{ routerId, startedAtMs, state: 'found' as const, reason: null, findings },
        advice: adviceFor(findings),
      })
      // It ran our script, so it wants to be ours.
      const isNew = router.status !== 'pending' && wishesOf(db, routerId).provisionedAtMs === null
      return done(found, ...(isNew ? [effect(beginProvisioning, { routerId, why: 'adopted' as const })] : []))
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw thrown
      const advice = adviceForFailure(thrown, router.apiPort)
      return notFound(services, probe, thrown.message, router.status === 'pending' ? [...advice, FACTORY] : advice)
    }
  },
})

const RUN_SCRIPT: Advice = {
  code: 'run-script',
  text: 'Paste the line or the script that registering the router has shown into its terminal. For a new one: mlango router script ID.',
}

function notFound({ clock }: JobServices, probe: ProbeRow, reason: string, advice: Advice[]): JobOutcome {
  const { routerId, startedAtMs } = probe
  const waitedMs = clock.nowMs() - startedAtMs
  const news = { routerId, startedAtMs, reason, findings: null, advice }
  if (waitedMs >= PATIENCE_MS) return done(effect(noteProbe, { ...news, state: 'given-up' }))
  return snooze(waitedMs < MINUTE_MS ? 5_000 : 10_000, effect(noteProbe, { ...news, state: 'looking' }))
}
