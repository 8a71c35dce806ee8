import { MlangoError } from '../errors.ts'
import type { AnyJobDefinition, JobCatalogue } from './job-definition.ts'
import { isQueue, type QueueName } from './queues.ts'

/** A kind of job and the queue it runs in. */
export interface JobKind {
  queue: QueueName
  definition: AnyJobDefinition
}

export type JobKinds = ReadonlyMap<string, JobKind>

/** Every job by its name. Throws when the catalogue names a queue that does not exist, or one job twice. */
export function kindsOf(catalogue: JobCatalogue): JobKinds {
  const kinds = new Map<string, JobKind>()
  for (const [queue, jobs] of Object.entries(catalogue)) {
    if (!isQueue(queue))
      throw new MlangoError('queue-unserved', `The catalogue has jobs in ${queue}, which is no queue`)
    for (const [name, definition] of Object.entries(jobs)) {
      if (kinds.has(name)) throw new MlangoError('job-twice', `The catalogue has ${name} in two queues`)
      kinds.set(name, { queue, definition })
    }
  }
  return kinds
}

export function kindOf(kinds: JobKinds, name: string): JobKind {
  const kind = kinds.get(name)
  if (!kind) throw new MlangoError('unknown-job', `There is no job named ${name}`)
  return kind
}
