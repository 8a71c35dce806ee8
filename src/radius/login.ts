import type { NewAttribute, Packet } from './packet.ts'
import type { Refusal } from './reject-texts.ts'

/** Somebody at a router asks to be let in. */
export interface Login {
  username: string
  /** The device's, as the router reports it. */
  macAddress: string | undefined
  /** Nobody typed this: the router asks about a device that it has just seen, with the device's address as its name and no password of a person. */
  isArrival: boolean
  /** An operator tries out what would be answered: nothing may begin with it. */
  isTest: boolean
  /** Compares in constant time, whatever method the request used. */
  matches(password: string): boolean
}

export interface Acceptance {
  outcome: 'accept'
  sessionTimeoutSeconds: number
  /** The router returns it in every accounting packet of the session. */
  classToken: string
  /** Devices at once. */
  portLimit: number
  totalLimitBytes?: number | undefined
  /** Mikrotik-Rate-Limit: upload/download. */
  rateLimit?: string | undefined
  idleTimeoutSeconds?: number | undefined
  /** PPPoE. */
  framedIpAddress?: string | undefined
  framedPool?: string | undefined
  /** Mikrotik-Group: a profile of the router. */
  routerGroup?: string | undefined
  /** Mikrotik-Address-List. */
  addressList?: string | undefined
}

export type Verdict = Acceptance | { outcome: 'reject'; refusal: Refusal }

/** How a request proves that its sender knows the password. */
export interface Proof {
  matches(password: string): boolean
  /** What the method itself has to say in the answer; asked after `matches`. */
  acceptAttributes?(): NewAttribute[]
  rejectAttributes?(): NewAttribute[]
}

export interface LoginRequest {
  packet: Packet
  username: string
  secret: Buffer
}

/** One way to log in; undefined when the request does not use it, or not in its right form. */
export type LoginMethod = (request: LoginRequest) => Proof | undefined
