import type { Nas } from './nas.ts'
import type { NewAttributes, Packet } from './packet.ts'

/** A request that has been let in: known source, right secret, not a duplicate. */
export interface Request {
  readonly nas: Nas
  readonly packet: Packet
}

/** What becomes of a packet; counted by these names. */
export type Outcome =
  | 'accepted'
  | 'rejected'
  | 'accounted'
  | 'statusAnswered'
  | 'resent'
  | 'inProgress'
  | 'unknownClient'
  | 'malformed'
  | 'unknownCode'
  | 'wrongSecret'
  | 'unsigned'
  | 'rateLimited'
  | 'failed'

export interface Answer {
  readonly outcome: Outcome
  readonly code: number
  readonly attributes: NewAttributes
  /** Whether it begins with a Message-Authenticator. */
  readonly signed: boolean
}

/** Silence is an answer too: the outcome under which it is counted. A failure to do what was asked is thrown. */
export type Handler = (request: Request) => Answer | Outcome | Promise<Answer | Outcome>
