import { catalogue } from '../../jobs/catalogue.ts'
import type { JobServices } from '../../jobs/services.ts'
import type { AnyJobDefinition } from '../../src/flow/job-definition.ts'
import type { JobOutcome } from '../../src/flow/job-outcome.ts'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import type { Rooms } from '../billing/rooms.ts'

const definitions: Record<string, AnyJobDefinition> = Object.assign({}, ...Object.values(catalogue))

/** Runs one job on the rooms as a pool would: its effects take place when it is done. Hands that a test does not give fail when used. */
export async function runJob(
  rooms: Rooms,
  name: string,
  payload: object = {},
  hands: Partial<JobServices> = {},
): Promise<JobOutcome> {
  const definition = definitions[name]
  if (!definition) throw new Error(`there is no job ${name}`)
  const outcome = (await definition.run(definition.payload.parse(payload), {
    db: rooms.reader,
    clock: rooms.clock,
    store: rooms.store,
    log: rooms.log,
    site: { name: 'Cafe Amani', timeZone: 'Africa/Nairobi', currency: 'KES', language: 'en' },
    signal: new AbortController().signal,
    ...hands,
  })) as JobOutcome
  if ('effects' in outcome) {
    for (const { command, input } of outcome.effects) rooms.run({ name: command, run: enqueueJob.run as never }, input)
  }
  return outcome
}

/** Runs everything of these names that waits in the queue, in order, whatever their time. */
export async function runWaiting(rooms: Rooms, name: string, hands: Partial<JobServices> = {}): Promise<JobOutcome[]> {
  const outcomes: JobOutcome[] = []
  for (const { payload } of rooms.jobs(name)) outcomes.push(await runJob(rooms, name, JSON.parse(payload), hands))
  return outcomes
}
