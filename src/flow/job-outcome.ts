import type { NamedCommand } from '../store/client.ts'

/** A command that takes effect in the same commit that ends the job, or not at all. */
export interface Effect {
  command: string
  input: unknown
}

export function effect<Input>(command: NamedCommand<Input, unknown>, input: Input): Effect {
  return { command: command.name, input }
}

interface Silent {
  /** Why the job's target counts as down, for whoever else needs it. */
  silent?: string
}

/** What a run came to. Only `retry`, `retry-after`, a throw and a time-out use up an attempt. */
export type JobOutcome =
  | ({ kind: 'done'; effects: Effect[] } & Silent)
  | { kind: 'retry'; reason: string }
  /** A failed try, too, but the far end said when to come again. */
  | { kind: 'retry-after'; delayMs: number; reason: string }
  /** Costs nothing: the work is not due yet. */
  | ({ kind: 'snooze'; delayMs: number; effects: Effect[] } & Silent)
  /**
   * Costs nothing: whom we need cannot be reached. Waits longer each time, up to a minute. With a `target`, every job for
   * it waits, and one at a time looks whether it is back.
   */
  | { kind: 'offline'; reason: string; target?: string }
  /** Will never succeed; kept among the failed jobs with its reason. */
  | { kind: 'discard'; reason: string }

export const done = (...effects: Effect[]): JobOutcome => ({ kind: 'done', effects })
export const retry = (reason: string): JobOutcome => ({ kind: 'retry', reason })
export const retryAfter = (delayMs: number, reason: string): JobOutcome => ({ kind: 'retry-after', delayMs, reason })
export const snooze = (delayMs: number, ...effects: Effect[]): JobOutcome => ({ kind: 'snooze', delayMs, effects })
/** The same outcome, of a far end that was asked and did not answer: until it answers the others wait. */
export const unanswered = (outcome: JobOutcome, reason: string): JobOutcome =>
  outcome.kind === 'done' || outcome.kind === 'snooze' ? { ...outcome, silent: reason } : outcome
/** `target` as the job's definition names it: `router 3`, `sms`. */
export const offline = (reason: string, target?: string): JobOutcome => ({
  kind: 'offline',
  reason,
  ...(target !== undefined && { target }),
})
export const discard = (reason: string): JobOutcome => ({ kind: 'discard', reason })
