import { asError } from '../errors.ts'
import { RouterError } from './router-error.ts'
import type { RunOptions } from './router-link.ts'
import type { Row } from './routeros-patches.ts'

/** Talks to one router on behalf of one caller. */
export interface RouterSpeech {
  /** A print; repeated once when a kept connection turns out to be dead. */
  look(words: readonly string[], timeoutMs?: number): Promise<Row[]>
  /** A change; never repeated here. */
  tell(words: readonly string[], timeoutMs?: number): Promise<Row[]>
  /** Rejects when the caller gives up. */
  pause(ms: number): Promise<void>
}

export type NotDone = { outcome: 'refused'; message: string } | { outcome: 'unreachable'; error: RouterError }

export function speakTo(
  run: (words: readonly string[], options: RunOptions) => Promise<Row[]>,
  signal: AbortSignal,
  after: (ms: number, callback: () => void) => () => void,
): RouterSpeech {
  return {
    async look(words, timeoutMs) {
      const options = { signal, ...(timeoutMs !== undefined && { timeoutMs }) }
      try {
        return await run(words, options)
      } catch (thrown) {
        if (!isLost(thrown) || signal.aborted) throw thrown
        return run(words, options)
      }
    },
    tell: (words, timeoutMs) => run(words, { signal, ...(timeoutMs !== undefined && { timeoutMs }) }),
    pause: (ms) =>
      new Promise((resolve, reject) => {
        const gaveUp = () => {
          cancel()
          reject(new RouterError('closed', 'we gave up waiting', { sent: false, cause: signal.reason }))
        }
        const cancel = after(ms, () => {
          signal.removeEventListener('abort', gaveUp)
          resolve()
        })
        signal.addEventListener('abort', gaveUp, { once: true })
      }),
  }
}

function isLost(thrown: unknown): boolean {
  return thrown instanceof RouterError && thrown.sent && (thrown.kind === 'closed' || thrown.kind === 'network')
}

/** Whether the router may have done it although we were not told. */
export function inDoubt(thrown: unknown): boolean {
  return thrown instanceof RouterError && thrown.sent
}

/** What a failure means to a caller: `refused` is a no that stays, `unreachable` costs nothing to try again. */
export function notDone(thrown: unknown): NotDone {
  if (!(thrown instanceof RouterError)) throw asError(thrown)
  const isNo = (thrown.kind === 'trap' || thrown.kind === 'auth') && !thrown.sent
  return isNo ? { outcome: 'refused', message: thrown.message } : { outcome: 'unreachable', error: thrown }
}
