import { RouterError, trapSays } from './router-error.ts'
import type { RouterSpeech } from './router-speech.ts'
import type { Row } from './routeros-patches.ts'

/** The rows of a menu that this release, board or set of packages may not have; undefined when it has not. */
export async function lookIfThere(router: RouterSpeech, words: readonly string[]): Promise<Row[] | undefined> {
  try {
    return await router.look(words)
  } catch (thrown) {
    // In v7 `no such command or directory (x)`, in v6 `no such command prefix`.
    if (trapSays(thrown, 'no such command')) return undefined
    throw thrown
  }
}

/** The same, but a definite no is an answer, too: what the router says. */
export async function lookIfAllowed(
  router: RouterSpeech,
  words: readonly string[],
): Promise<Row[] | RouterError | undefined> {
  try {
    return await lookIfThere(router, words)
  } catch (thrown) {
    if (thrown instanceof RouterError && thrown.kind === 'trap' && !thrown.sent) return thrown
    throw thrown
  }
}
