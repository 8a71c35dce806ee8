import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openSite } from '../flows/site.ts'
import { mlango } from './mlango.ts'

test('mlango doctor finds a whole site well, and says what is wrong once the daemon is gone', async (t) => {
  const site = await openSite()
  t.after(() => site.close())
  const well = await mlango(['doctor'], site.environment)
  assert.equal(well.status, 0, well.stdout + well.stderr)
  for (const about of ['configuration', 'daemon', 'database', 'clock', 'router', 'M-PESA', 'SMS', 'broker']) {
    assert.match(well.stdout, new RegExp(`^ok {4,}${about} `, 'm'))
  }
  await site.kill()
  const ill = await mlango(['doctor', '--json'], site.environment)
  assert.equal(ill.status, 1)
  assert.equal(ill.json.ok, false)
  assert.deepEqual(
    ill.json.findings
      .filter(({ outcome }: { outcome: string }) => outcome === 'wrong')
      .map(({ says }: { says: string }) => says),
    ['It does not run.'],
  )
})

test('mlango doctor begins with the configuration', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'mlango-cli-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const { status, stdout, stderr } = await mlango(['doctor'], {
    MLANGO_STORAGE_DATA_DIR: dir,
    MLANGO_HTTP_PORT: 'many',
  })
  assert.deepEqual([status, stderr], [1, ''])
  assert.match(stdout, /^WRONG configuration Configuration: \[http\] port is "many"; allowed is .*\n {20}Correct it/)
})
