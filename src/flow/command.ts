import type { Log } from '../log.ts'
import type { NamedCommand } from '../store/client.ts'
import type { Db } from '../store/database.ts'
import type { Journal } from './journal.ts'
import type { Queue } from './queue.ts'

/** What a change of state may touch. There is no network and no promise in here. */
export interface CommandContext {
  readonly db: Db
  readonly journal: Journal
  readonly queue: Queue
  readonly nowMs: number
  readonly site: { id: string }
  /** Many wait for a commit right now: what need not be done before they are answered may be left for a job. */
  readonly isCrowded: boolean
  /** HMAC of a text under the site's key: tokens that need no storing. */
  readonly siteToken: (text: string) => string
  readonly log: Log
}

export interface Command<Input, Output> extends NamedCommand<Input, Output> {
  readonly run: (context: CommandContext, input: Input) => Output
}

// biome-ignore lint/suspicious/noExplicitAny: the list of commands holds every input; each is typed where it is defined
export type AnyCommand = Command<any, any>

/**
 * A change of state: named `room.verb`, synchronous, run in the store thread, where a throw undoes it alone.
 * @example store.run(receiveCallback, { token, body }) // resolves after the commit
 */
export function command<Input, Output>(
  name: string,
  run: (context: CommandContext, input: Input) => Output,
): Command<Input, Output> {
  return { name, run }
}
