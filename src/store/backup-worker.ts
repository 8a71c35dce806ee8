import { Worker } from 'node:worker_threads'
import { asError, MlangoError } from '../errors.ts'
import type { BackupOutcome } from './backups.ts'

type Answer = { ok: true; value: BackupOutcome } | { ok: false; code: string; message: string }

/**
 * Makes a backup in a thread of its own. Rejects with the MlangoError that says why there is none, or with the signal's
 * reason; what a broken-off copy leaves is cleared away by the next.
 */
export function backUpInThread(
  files: { databaseFile: string; directory: string },
  signal: AbortSignal,
): Promise<BackupOutcome> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./backup-thread.js', import.meta.url), { workerData: files })
    const stop = () => {
      reject(asError(signal.reason))
      void worker.terminate()
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    worker.once('message', (answer: Answer) => {
      if (answer.ok) resolve(answer.value)
      else reject(new MlangoError(answer.code, answer.message))
    })
    worker.once('error', reject)
    worker.once('exit', (code) => {
      signal.removeEventListener('abort', stop)
      reject(new MlangoError('backup-died', `the thread that backs up ended with code ${code}`))
    })
  })
}
