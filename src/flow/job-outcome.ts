import type { NamedCommand } from '../store/client.ts'

/** A command that takes effect in the same commit that ends the job, or not at all. */
export interface Effect {
  command: string
  input: unknown
}

export function effect<Input>(command: NamedCommand<Input, unknown>, input: Input): Effect {
  return { command: command.name, input }
}

export interface OfTarget {
  /** Why the job's target counts as down, for whoever else needs it. */
  silent?: string
  /** The run ended before it asked the target: nothing new is known of it. */
  unasked?: true
}

/** What a run came to. Only `retry`, `retry-after`, a throw and a time-out use up an attempt. */
export type JobOutcome =
  | ({ kind: 'done'; effects: Effect[] } & OfTarget)
  | { kind: 'retry'; reason: string }
  /** A failed try, too, but the far end said when to come again. */
  | { kind: 'retry-after'; delayMs: number; reason: string }
  /** Costs nothing: the work is not due yet. */
  | ({ kind: 'snooze'; delayMs: number; effects: Effect[] } & OfTarget)
  /**
   * Costs nothing: whom we need cannot be reached. Waits longer each time, up to a minute. With a `target`, every job for
   * it waits, and one at a time looks whether it is back.
   */
  | { kind: 'offline'; reason: string; target?: string }
  /** Will never succeed; kept among the failed jobs with its reason. Says nothing of the target. */
  | { kind: 'discard'; reason: string }

export const done = (...effects: Effect[]): JobOutcome => ({ kind: 'done', effects })
export const retry = (reason: string): JobOutcome => ({ kind: 'retry', reason })
export const retryAfter = (delayMs: number, reason: string): JobOutcome => ({ kind: 'retry-after', delayMs, reason })
export const snooze = (delayMs: number, ...effects: Effect[]): JobOutcome => ({ kind: 'snooze', delayMs, effects })
/** The same outcome, of a far end that was asked and did not answer: until it answers the others wait. */
export const unanswered = (outcome: JobOutcome, reason: string): JobOutcome =>
  outcome.kind === 'done' || outcome.kind === 'snooze' ? { ...outcome, silent: reason } : outcome
/** The same outcome, of a run that had nothing to ask its far end: whoever waits for that must not take it for an answer. */
export const unasked = (outcome: JobOutcome): JobOutcome =>
  outcome.kind === 'done' || outcome.kind === 'snooze' ? { ...outcome, unasked: true } : outcome
/** `target` as the job's definition names it: `router 3`, `sms`. */
export const offline = (reason: string, target?: string): JobOutcome => ({
  kind: 'offline',
  reason,
  ...(target !== undefined && { target }),
})
export const discard = (reason: string): JobOutcome => ({ kind: 'discard', reason })
