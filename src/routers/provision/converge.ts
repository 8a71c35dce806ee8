import type { RouterError } from '../router-error.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { applyChanges, type Made } from './apply.ts'
import type { Change } from './difference.ts'
import { type Failure, type PlanOrder, planFor } from './plan.ts'

export type ConvergeOutcome =
  /** It is as wanted, but for the failures. `changes`: what was different. */
  | { outcome: 'converged'; changes: Change[]; failures: Failure[]; secretsWritten: boolean }
  | { outcome: 'unreachable'; error: RouterError }

/** Looking again after an answer was lost; more often, the router is not well. */
const ROUNDS = 4

/**
 * Makes the router be as wanted: compares, does what is different, compares again. A step that is refused is taken back and
 * left out, with what is built on it; the others are done. What works stays up: nothing is ever removed but what a failed
 * step has just made and a DHCP option of ours that would lead nowhere, and nothing that is not ours is touched. Rejects
 * with a RouterError when it cannot be read.
 */
export async function converge(
  router: RouterSpeech,
  order: PlanOrder,
  doing: (change: Change, index: number, count: number) => Promise<void>,
): Promise<ConvergeOutcome> {
  let done: Change[] = []
  let { secrets, pages } = order
  const refused: Failure[] = []
  let made: Made[] = []
  const ended = (failures: Failure[]): ConvergeOutcome => ({
    ...{ outcome: 'converged', changes: done, failures },
    secretsWritten: order.secrets && !secrets,
  })
  for (let round = 1; ; ) {
    const isLast = round > ROUNDS
    const now = isLast ? { secrets: false, pages: false } : { secrets, pages }
    const { changes, failures } = await planFor(router, { ...order, ...now }, refused)
    if (changes.length === 0) return ended([...failures, ...refused])
    if (isLast) return ended([...failures, ...refused, stillDifferent(changes)])
    const begun: Change[] = []
    const applied = await applyChanges(router, changes, made, async (change, index) => {
      begun.push(change)
      await doing(change, index, changes.length)
    })
    if (applied.outcome === 'unreachable') return applied
    const { step } = applied.outcome === 'refused' ? applied : {}
    done = [...done, ...begun].filter((change) => change.step !== step)
    // After a lost answer the next round goes on with the same step, and may have to take all of it back.
    if (applied.outcome !== 'in-doubt') made = []
    // What is in doubt is done once more: it cannot be read back.
    if (applied.outcome !== 'in-doubt' && done.some(({ menu }) => menu === '/radius')) secrets = false
    if (applied.outcome === 'applied') pages = false
    if (applied.outcome === 'refused') {
      const left = applied.notTakenBack.map((what) => `; not taken back: ${what}`).join('')
      refused.push({ step: applied.step, message: `${applied.message}${left}` })
    } else round += 1
  }
}

function stillDifferent(changes: Change[]): Failure {
  const left = changes.map(({ text }) => text).join('; ')
  return {
    step: changes.every(({ step }) => step === 'login-page') ? 'login-page' : 'verifying',
    message: `the router took it, but still differs: ${left}`,
  }
}
