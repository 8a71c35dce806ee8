import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '../../jobs/catalogue.ts'
import { LONGEST_RUN_MS } from '../../src/cli/queue-verbs.ts'
import type { AnyJobDefinition } from '../../src/flow/job-definition.ts'

const LONG_MS = 120_000

const kinds: [string, AnyJobDefinition][] = Object.values(catalogue).flatMap((jobs) => Object.entries(jobs))

test('no two jobs that may take minutes hold both workers of a pool, so sessions end beside the backup', () => {
  const holding = kinds.filter(([, { timeoutMs, alone }]) => timeoutMs >= LONG_MS && !alone)
  assert.deepEqual(
    holding.map(([name]) => name),
    [],
  )
})

test('`mlango queue work --once` waits for the end of any job', () => {
  const longest = Math.max(...kinds.map(([, { timeoutMs }]) => timeoutMs))
  assert.ok(LONGEST_RUN_MS > longest, `a job may take ${longest} ms`)
})
