import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { asError, MlangoError } from '../errors.ts'
import { backUp } from './backups.ts'

/** A thread for one backup: copying blocks for as long as it takes, and nobody may wait for it. */
const main = parentPort as MessagePort
try {
  main.postMessage({ ok: true, value: backUp(workerData) })
} catch (thrown) {
  const error = asError(thrown)
  const code = error instanceof MlangoError ? error.code : 'internal'
  main.postMessage({ ok: false, code, message: error.message })
}
