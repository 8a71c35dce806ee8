import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { liveJobs } from '../../src/flow/job-list.ts'
import type { JobRow } from '../../src/flow/job-table.ts'
import type { Db } from '../../src/store/database.ts'

/** Exactly one live job of this name has a payload with these fields; returns it. */
export function assertEnqueued(db: Db, name: string, payload: object = {}): JobRow {
  const found = jobsLike(db, name, payload)
  assert.equal(found.length, 1, `${found.length} jobs ${name} ${JSON.stringify(payload)}; alive: ${alive(db)}`)
  return found[0] as JobRow
}

export function assertNotEnqueued(db: Db, name: string, payload: object = {}): void {
  const found = jobsLike(db, name, payload)
  assert.equal(found.length, 0, `${found.length} jobs ${name} ${JSON.stringify(payload)}`)
}

function jobsLike(db: Db, name: string, payload: object): JobRow[] {
  const wanted = Object.entries(payload)
  return allAlive(db).filter((job) => {
    const given = JSON.parse(job.payload) as Record<string, unknown>
    return job.name === name && wanted.every(([field, value]) => isDeepStrictEqual(given[field], value))
  })
}

const allAlive = (db: Db): JobRow[] =>
  (['ready', 'scheduled', 'held', 'running'] as const).flatMap((state) => liveJobs(db, { state, limit: 10_000 }))

const alive = (db: Db) =>
  allAlive(db)
    .map(({ name, payload }) => `${name} ${payload}`)
    .join(', ') || 'none'
