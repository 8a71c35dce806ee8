import type { Store } from '../store/client.ts'
import { command } from './command.ts'
import { keepStep } from './job-table.ts'

/** What can be kept as JSON. */
type Kept = string | number | boolean | null | readonly Kept[] | { readonly [name: string]: Kept }

/**
 * @example const invoice = await step('invoice', () => gateway.invoice(order, signal))
 * A step that has ended in an earlier run is not done again: its result is given as it was kept. A step that was cut short
 * is, so each must be safe to do twice.
 */
export type Steps = <Value extends Kept>(name: string, run: () => Promise<Value>) => Promise<Value>

export const keepStepOfRun = command(
  'queue.keep-step',
  ({ db }, { jobId, name, value }: { jobId: number; name: string; value: Kept }) => keepStep(db, jobId, name, value),
)

/** `store` is the run's own: a run that has lost its job keeps nothing. */
export function openSteps(
  store: Store,
  { jobId, progress }: { jobId: number; progress: Readonly<Record<string, unknown>> },
): Steps {
  const known = new Map(Object.entries(progress))
  return async (name, run) => {
    if (known.has(name)) return known.get(name) as Awaited<ReturnType<typeof run>>
    const value = await run()
    await store.run(keepStepOfRun, { jobId, name, value })
    known.set(name, value)
    return value
  }
}
