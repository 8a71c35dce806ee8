import { basename } from 'node:path'
import * as z from 'zod'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { recordLogRotation } from '../../src/flow/log-rotation.ts'
import { defineJob } from '../services.ts'

/** Packs away the files that the daemon logs to. Under journald there are none, and journald bounds its own. */
export const rotateLogs = defineJob({
  payload: z.strictObject({}),
  attempts: 3,
  timeoutMs: 180_000,
  alone: true,
  uniqueBy: () => 'all',
  schedule: '0 1 * * *',
  async run(_payload, { logFiles, rotateLog, log, signal }) {
    const files: { name: string; outcome: string; bytes: number }[] = []
    for (const file of logFiles()) {
      const { outcome, bytes } = await rotateLog(file, signal)
      if (outcome === 'not-appended')
        log.warn({ file }, 'the log is not rotated: start the daemon with >> instead of >')
      files.push({ name: basename(file), outcome, bytes })
    }
    return done(effect(recordLogRotation, { files }))
  },
})
