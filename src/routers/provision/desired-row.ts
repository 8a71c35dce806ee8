import type { Row } from '../routeros-patches.ts'

/** In this order they are done; the names are those of the report. */
export const steps = [
  'bridge',
  'address',
  'dhcp',
  'nat',
  'radius',
  'hotspot-profile',
  'hotspot-server',
  'used-hotspot',
  'walled-garden',
  'firewall',
  'ntp',
  'pppoe',
  'login-page',
] as const
export type Step = (typeof steps)[number]

/** One row as it has to be on the router. */
export interface DesiredRow {
  step: Step
  menu: string
  /** The one row of a menu that has only one. */
  single?: true
  /** Which of the rows that are there is meant. */
  isIt(row: Row): boolean
  /** Somebody else's row that we were allowed to use: it is set right, but not made. */
  adopted?: true
  /** One of ours that has to go; of `wanted` nothing counts. */
  unwanted?: true
  wanted: Row
  /** What cannot be read back: written when the row is made, and when it is asked for. */
  secret?: Row
  /** In front of all of its chain that do not have to be in front themselves. */
  first?: true
}

/** What cannot be done, as a sentence: something that is not ours is in the way. */
export interface Obstacle {
  /** `masquerade`: it works, but for what needs the phones' own addresses. */
  step: Step | 'masquerade'
  message: string
}

/** Everything of ours is found again by these: a comment where the menu has one, a name elsewhere. */
export const OUR_NAME = 'mlango'
export const comment = (what: string): string => `mlango:${what}`
export const isOurs = (row: Row): boolean => row.comment?.startsWith('mlango:') === true || isOurName(row.name)
export const isOurName = (name: string | undefined): boolean =>
  name === OUR_NAME || name?.startsWith(`${OUR_NAME}-`) === true
