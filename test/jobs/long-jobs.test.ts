import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from '../../jobs/catalogue.ts'
import type { AnyJobDefinition } from '../../src/flow/job-definition.ts'

const LONG_MS = 120_000

test('no two jobs that may take minutes hold both workers of a pool, so sessions end beside the backup', () => {
  const kinds: [string, AnyJobDefinition][] = Object.values(catalogue).flatMap((jobs) => Object.entries(jobs))
  const holding = kinds.filter(([, { timeoutMs, alone }]) => timeoutMs >= LONG_MS && !alone)
  assert.deepEqual(
    holding.map(([name]) => name),
    [],
  )
})
