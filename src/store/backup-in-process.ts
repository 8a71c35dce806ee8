import { fork } from 'node:child_process'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { asError, MlangoError } from '../errors.ts'
import type { BackupOutcome } from './backups.ts'
import { PART } from './copy-store.ts'

type Answer = { ok: true; value: BackupOutcome } | { ok: false; code: string; message: string }

/**
 * Makes a backup in a process of its own. Rejects with the MlangoError that says why there is none, or with the signal's
 * reason; what a broken-off copy leaves is cleared away by the next.
 */
export function backUpInProcess(
  { databaseFile, directory }: { databaseFile: string; directory: string },
  signal: AbortSignal,
): Promise<BackupOutcome> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const copying = fork(new URL('./backup-process.js', import.meta.url), [databaseFile, directory])
    const stop = () => {
      reject(asError(signal.reason))
      copying.kill('SIGKILL')
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    copying.once('message', (answer: Answer) => {
      if (answer.ok) resolve(answer.value)
      else reject(new MlangoError(answer.code, answer.message))
    })
    trickle(directory, () => isOver)
    const end = (why: Error) => {
      isOver = true
      signal.removeEventListener('abort', stop)
      reject(why)
    }
    // It could not even be started: then it does not close.
    copying.once('error', end)
    copying.once('close', (code, killedBy) =>
      end(new MlangoError('backup-died', `the process that backs up ended with ${code ?? killedBy}`)),
    )
  })
}

const TRICKLE_MS = 100

/** The copy goes to the disk bit by bit: all at once at its end it would hold up every commit for as long as that takes. */
async function trickle(directory: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    await delay(TRICKLE_MS, undefined, { ref: false })
    const names = await readdir(directory).catch(() => [])
    for (const name of names.filter((name) => name.endsWith(PART))) {
      // It may just have got its name; then its own sync is over.
      const part = await open(join(directory, name), 'r').catch(() => undefined)
      await part?.datasync().catch(() => {})
      await part?.close()
    }
  }
}
