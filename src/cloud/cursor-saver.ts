import type { Clock } from '../clock.ts'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'

export interface CursorSaver {
  /** The cloud has everything up to `seq`. */
  note(seq: number): void
  /** Saves what is noted now. */
  flush(): Promise<void>
  stop(): void
}

/** One write to the card for all that was acknowledged meanwhile. What a power cut takes back is sent again. */
const SAVE_EVERY_MS = 2_000

export function openCursorSaver(options: {
  savedSeq: number
  save(seq: number): Promise<unknown>
  clock: Clock
  log: Log
}): CursorSaver {
  let { savedSeq } = options
  let notedSeq = savedSeq
  let saving: Promise<void> | undefined
  let cancelTimer: (() => void) | undefined

  async function saveNoted(): Promise<void> {
    const seq = notedSeq
    try {
      await options.save(seq)
      savedSeq = seq
    } catch (thrown) {
      options.log.warn({ err: asError(thrown), seq }, 'what the cloud has was not stored; it will be sent again')
    }
    saving = undefined
  }

  function flush(): Promise<void> {
    cancelTimer?.()
    cancelTimer = undefined
    if (notedSeq > savedSeq) saving ??= saveNoted()
    return saving ?? Promise.resolve()
  }

  return {
    note(seq) {
      notedSeq = Math.max(notedSeq, seq)
      if (notedSeq > savedSeq) cancelTimer ??= options.clock.after(SAVE_EVERY_MS, () => void flush())
    },
    flush,
    stop() {
      cancelTimer?.()
      cancelTimer = undefined
    },
  }
}
