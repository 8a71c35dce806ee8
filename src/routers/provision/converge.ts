import type { RouterError } from '../router-error.ts'
import type { RouterSpeech } from '../router-speech.ts'
import type { RouterRow } from '../router-table.ts'
import { applyChanges } from './apply.ts'
import { desiredRouter } from './desired-router.ts'
import type { Obstacle } from './desired-row.ts'
import { type Change, difference } from './difference.ts'
import { readRows } from './found-rows.ts'
import type { Appliance, WantedServices } from './wanted.ts'

export interface ConvergeOrder {
  router: RouterRow
  wanted: WantedServices
  appliance: Appliance
  /** Write what cannot be read back anew. */
  secrets: boolean
}

export interface Plan {
  changes: Change[]
  obstacles: Obstacle[]
}

export type ConvergeOutcome =
  /** `changes`: what was different. */
  | ({ outcome: 'converged' } & Done)
  | ({ outcome: 'stopped'; stage: string; message: string } & Done)
  | { outcome: 'unreachable'; error: RouterError }

interface Done {
  changes: Change[]
  secretsWritten: boolean
}

/** Looking again after an answer was lost; more often, the router is not well. */
const ROUNDS = 4

/** What would be done; nothing is. Rejects with a RouterError. */
export async function planFor(router: RouterSpeech, order: ConvergeOrder): Promise<Plan> {
  const found = await readRows(router)
  const desired = desiredRouter(found, order.router, order.wanted, order.appliance)
  return { changes: difference(found, desired, order), obstacles: desired.obstacles }
}

/**
 * Makes the router be as wanted: compares, does what is different, compares again. What works stays up: nothing is ever
 * removed but what a failed step has just made and a DHCP option of ours that would lead nowhere, and nothing that is not
 * ours is touched. Rejects with a RouterError when
 * it cannot be read.
 */
export async function converge(
  router: RouterSpeech,
  order: ConvergeOrder,
  doing: (change: Change, index: number, count: number) => Promise<void>,
): Promise<ConvergeOutcome> {
  const done: Change[] = []
  let { secrets } = order
  const made = (): Done => ({
    changes: done,
    secretsWritten: order.secrets && !secrets && done.some(({ menu }) => menu === '/radius'),
  })
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { changes, obstacles } = await planFor(router, { ...order, secrets })
    const [obstacle] = obstacles
    if (obstacle) return { outcome: 'stopped', stage: obstacle.step, message: obstacle.message, ...made() }
    if (changes.length === 0) return { outcome: 'converged', ...made() }
    const applied = await applyChanges(router, changes, async (change, index) => {
      done.push(change)
      await doing(change, index, changes.length)
    })
    if (applied.outcome === 'unreachable') return applied
    if (applied.outcome === 'refused') {
      const left = applied.notTakenBack.map((what) => `; not taken back: ${what}`).join('')
      return { outcome: 'stopped', stage: applied.step, message: `${applied.message}${left}`, ...made() }
    }
    if (applied.outcome === 'applied') secrets = false
  }
  const { changes } = await planFor(router, { ...order, secrets: false })
  if (changes.length === 0) return { outcome: 'converged', ...made() }
  const left = changes.map(({ text }) => text).join('; ')
  return {
    outcome: 'stopped',
    stage: 'verifying',
    message: `the router took it, but still differs: ${left}`,
    ...made(),
  }
}
