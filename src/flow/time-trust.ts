import type { CommandContext } from './command.ts'

/** Before this release was written: a clock that was never set. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)

/**
 * Whether the wall clock is good enough to end things by, or to write to people. The one place that answers; while it says no,
 * what is due waits for the next look.
 */
export const isTimeTrusted = ({ nowMs }: Pick<CommandContext, 'db' | 'nowMs'>): boolean => nowMs >= EARLIEST_MS
