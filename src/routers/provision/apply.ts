import { asError } from '../../errors.ts'
import { RouterError } from '../router-error.ts'
import { inDoubt, type RouterSpeech } from '../router-speech.ts'
import { order } from '../router-words.ts'
import type { Step } from './desired-row.ts'
import type { Change } from './difference.ts'

export type ApplyOutcome =
  | { outcome: 'applied' }
  /** Whether the last change was made is not known: look again, then go on. */
  | { outcome: 'in-doubt'; error: RouterError }
  /** The step was taken back; what was done before it stays. */
  | { outcome: 'refused'; step: Step; message: string; notTakenBack: string[] }
  | { outcome: 'unreachable'; error: RouterError }

/** Fetching a page goes from the router to us and back. */
const FETCH_MS = 30_000

/** Does the changes in order. A step that is refused half-way is undone, so that no half of a thing stays. */
export async function applyChanges(
  router: RouterSpeech,
  changes: readonly Change[],
  doing: (change: Change, index: number) => Promise<void>,
): Promise<ApplyOutcome> {
  let undoable: string[][] = []
  let step: Step | undefined
  for (const [index, change] of changes.entries()) {
    if (change.step !== step) undoable = []
    step = change.step
    await doing(change, index)
    try {
      const [row = {}] = await router.tell(change.words, change.kind === 'fetch' ? FETCH_MS : undefined)
      if (change.undo) undoable.push(change.undo)
      else if (change.kind === 'add' && row.ret !== undefined)
        undoable.push(order(`${change.menu}/remove`, { '.id': row.ret }))
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw asError(thrown)
      if (inDoubt(thrown)) return { outcome: 'in-doubt', error: thrown }
      if (thrown.kind !== 'trap' && thrown.kind !== 'auth') return { outcome: 'unreachable', error: thrown }
      return {
        outcome: 'refused',
        step,
        message: `${change.text}: ${thrown.message}`,
        notTakenBack: await takeBack(router, undoable),
      }
    }
  }
  return { outcome: 'applied' }
}

/** Newest first. What could not be taken back is named. */
async function takeBack(router: RouterSpeech, undoable: string[][]): Promise<string[]> {
  const left: string[] = []
  for (const words of [...undoable].reverse()) {
    try {
      await router.tell(words)
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw asError(thrown)
      left.push(`${words[0]}: ${thrown.message}`)
    }
  }
  return left
}
