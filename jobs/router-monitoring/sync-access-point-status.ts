import * as z from 'zod'
import { done } from '../../src/flow/job-outcome.ts'
import { RouterError } from '../../src/routers/router-error.ts'
import type { RouterSpeech } from '../../src/routers/router-speech.ts'
import { type AccessPointRow, accessPoints, noteAccessPoints } from '../../src/routers/watch/access-points.ts'
import { answersPing, readAccessPoints, type SeenAccessPoint } from '../../src/routers/watch/wifi.ts'
import { defineJob } from '../services.ts'
import { withEachRouter } from './online-routers.ts'

/** Which access points are there, how many phones each has, and how well it hears them. */
export const syncAccessPointStatus = defineJob({
  payload: z.strictObject({}),
  attempts: 1,
  timeoutMs: 120_000,
  // A slow router is waited for: not by more than one worker.
  alone: true,
  uniqueBy: () => 'all',
  schedule: '*/5 * * * *',
  async run(_payload, services) {
    const { db, store } = services
    await withEachRouter(services, async ({ id: routerId, name }, router) => {
      const seen = router && (await readAccessPoints(router, name))
      const silent = seen && (await stillThere(router, accessPoints(db, routerId), seen))
      await store.run(noteAccessPoints, { routerId, seen: seen && [...seen, ...(silent ?? [])] })
    })
    return done()
  },
})

/** Neighbors that have stopped announcing themselves but answer a ping: not every access point speaks all the time. */
async function stillThere(
  router: RouterSpeech,
  known: AccessPointRow[],
  seen: SeenAccessPoint[],
): Promise<SeenAccessPoint[]> {
  const missed = known.filter(
    ({ kind, online, key }) => kind === 'neighbor' && online === 1 && !seen.some((one) => one.key === key),
  )
  const answers = await Promise.all(
    missed.map(async ({ key, kind, name, model, version, address }) => {
      if (address === null || !(await pinged(router, address))) return []
      return [{ key, kind, name, model, version, address, online: true, clients: null, signalDbm: null }]
    }),
  )
  return answers.flat()
}

/** A router whose account may not ping cannot tell. */
async function pinged(router: RouterSpeech, address: string): Promise<boolean> {
  try {
    return await answersPing(router, address)
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.kind === 'trap') return false
    throw thrown
  }
}
