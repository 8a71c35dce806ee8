import type { RouterSpeech } from '../router-speech.ts'
import type { RouterRow } from '../router-table.ts'
import { desiredRouter } from './desired-router.ts'
import { type DesiredRow, type Obstacle, OUR_NAME, type Step } from './desired-row.ts'
import { type Change, difference } from './difference.ts'
import { type FoundRows, readRows, rowsIn } from './found-rows.ts'
import type { Appliance, WantedServices } from './wanted.ts'

export interface PlanOrder {
  router: RouterRow
  wanted: WantedServices
  appliance: Appliance
  /** Write the secrets anew, which cannot be read back. */
  secrets: boolean
  /** Fetch the pages anew where files cannot be looked at. */
  pages: boolean
}

/** Something that cannot be as wanted, and why. */
export interface Failure {
  step: Obstacle['step'] | 'reading' | 'verifying' | 'users'
  message: string
}

export interface Plan {
  changes: Change[]
  failures: Failure[]
}

/** Each stands on the ones before: where one is missing, no more is built. */
const BUILDING: readonly string[] = ['bridge', 'address', 'dhcp', 'nat', 'hotspot-profile', 'hotspot-server']

/** The router does its work all the same: whoever logs in there by its own page is let in. */
export const isWarning = ({ step }: Failure): boolean => step === 'login-page' || step === 'masquerade'

/**
 * What would be done; nothing is. What cannot be done is named and left out, with what is built on it: the rest is done all
 * the same. `refused`: what the router has refused in this run. Rejects with a RouterError.
 */
export async function planFor(router: RouterSpeech, order: PlanOrder, refused: readonly Failure[] = []): Promise<Plan> {
  const { found, unreadable } = await readRows(router)
  const desired = desiredRouter(found, order.router, order.wanted, order.appliance)
  const unread = [...unreadable].map(
    ([menu, message]): Failure => ({
      step: menu === '/file' ? 'login-page' : 'reading',
      message: `${menu} cannot be read: ${message}`,
    }),
  )
  const isRefused = (step: Step) => refused.some((failure) => failure.step === step)
  const inTheWay = new Set<string>([...desired.obstacles, ...refused].map(({ step }) => step))
  const stopsBuilding = BUILDING.some((step) => inTheWay.has(step)) && !isBuilt(found)
  const isLeftOut = ({ step, menu, adopted }: DesiredRow) =>
    isRefused(step) ||
    unreadable.has(menu) ||
    (adopted !== true && (inTheWay.has(step) || (stopsBuilding && BUILDING.includes(step))))
  const rows = desired.rows.filter((row) => !isLeftOut(row))
  const made = rows.flatMap(({ menu, wanted }) => (menu === '/ip/hotspot' ? [wanted] : []))
  const isThere = (server: string) => [...rowsIn(found, '/ip/hotspot'), ...made].some(({ name }) => name === server)
  const pages =
    isRefused('login-page') || (unreadable.has('/file') && !order.pages)
      ? []
      : desired.pages.filter(({ server }) => server === undefined || isThere(server))
  return {
    changes: difference(found, { ...desired, rows, pages }, order),
    failures: [...unread, ...desired.obstacles],
  }
}

const isBuilt = (found: FoundRows): boolean => rowsIn(found, '/ip/hotspot').some(({ name }) => name === OUR_NAME)
