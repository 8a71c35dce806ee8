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

/** A change that was made, or may have been; with the new row's id where the router told it. */
export interface Made {
  change: Change
  newId: string | undefined
}

/** Fetching a page goes from the router to us and back. */
const FETCH_MS = 30_000

/**
 * Does the changes in order, and adds them to `made`. A step that is refused half-way is undone, so that no half of a thing
 * stays; what `made` held before of that step, too.
 */
export async function applyChanges(
  router: RouterSpeech,
  changes: readonly Change[],
  made: Made[],
  doing: (change: Change, index: number) => Promise<void>,
): Promise<ApplyOutcome> {
  for (const [index, change] of changes.entries()) {
    const { step } = change
    await doing(change, index)
    try {
      const [row = {}] = await router.tell(change.words, change.kind === 'fetch' ? FETCH_MS : undefined)
      made.push({ change, newId: row.ret })
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw asError(thrown)
      if (inDoubt(thrown)) {
        // A row that may still be there must not be added again.
        if (change.kind !== 'remove') made.push({ change, newId: undefined })
        return { outcome: 'in-doubt', error: thrown }
      }
      if (thrown.kind !== 'trap' && thrown.kind !== 'auth') return { outcome: 'unreachable', error: thrown }
      return {
        outcome: 'refused',
        step,
        message: `${change.text}: ${thrown.message}`,
        notTakenBack: await takeBack(
          router,
          made.filter((one) => one.change.step === step),
        ),
      }
    }
  }
  return { outcome: 'applied' }
}

/** Newest first. What could not be taken back is named. */
async function takeBack(router: RouterSpeech, made: readonly Made[]): Promise<string[]> {
  const left: string[] = []
  for (const one of made.toReversed()) {
    const { change } = one
    try {
      const words = change.kind === 'add' ? await removalOf(router, one) : change.undo
      if (words) await router.tell(words)
    } catch (thrown) {
      if (!(thrown instanceof RouterError)) throw asError(thrown)
      const [path] = change.undo ?? [`${change.menu}/remove`]
      left.push(`${path}: ${thrown.message}`)
    }
  }
  return left
}

/** A row of which the router could not tell us is found again as the next round would find it. */
async function removalOf(router: RouterSpeech, { change, newId }: Made): Promise<string[] | undefined> {
  const { menu, isIt } = change
  const id = newId ?? (isIt && (await router.look([`${menu}/print`])).find(isIt)?.['.id'])
  return id === undefined ? undefined : order(`${menu}/remove`, { '.id': id })
}
