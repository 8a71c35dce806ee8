import type { NamedCommand } from '../store/client.ts'
import type { EventData, EventType } from './events.ts'
import type { JobCatalogue, JobOrder, JobPayload, JobsByName } from './job-definition.ts'

/** What follows from a fact, in the same transaction: work to do, or a command of another room. */
export type Consequence = { kind: 'job'; order: JobOrder } | { kind: 'command'; name: string; input: unknown }

/** Every fact has its line, also when nothing follows: a missing event is a compile error. */
export type Reactions = { readonly [Type in EventType]: (fact: EventData<Type>) => Consequence[] }

/** `job('process-payment', { paymentId })`, checked against the catalogue. */
export function jobsOf<Catalogue extends JobCatalogue>(_catalogue: Catalogue) {
  type Jobs = JobsByName<Catalogue>
  return <Name extends keyof Jobs & string>(
    name: Name,
    payload: JobPayload<Jobs[Name]>,
    when: { runAtMs?: number } = {},
  ): Consequence => ({ kind: 'job', order: { name, payload, ...when } })
}

export function runs<Input>(command: NamedCommand<Input, unknown>, input: Input): Consequence {
  return { kind: 'command', name: command.name, input }
}
