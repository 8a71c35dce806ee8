import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { buildDiskLog, diskLogEnvironment } from './power-cut-disk.ts'
import { openSite } from './site.ts'

const missing = buildDiskLog()

it('while the disk fails nothing is promised and readyz says why; when it is well again the box goes on', {
  skip: missing ?? false,
}, async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'mlango-failing-'))
  const directory = join(scratch, 'disk')
  const sign = join(scratch, 'failing')
  mkdirSync(directory)
  const site = await openSite({
    environment: {
      ...diskLogEnvironment(directory, join(scratch, 'log')),
      MLANGO_STORAGE_DATA_DIR: directory,
      DISK_FAILS_WHILE: sign,
    },
  })
  try {
    const sell = () => site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 3 })
    const before = await sell()
    assert.equal(before.status, 201)

    writeFileSync(sign, '')
    const refused = await sell()
    assert.deepEqual([refused.status, refused.body.code], [503, 'store-unavailable'])
    // It writes nothing, so it proves nothing.
    await site.call('POST', '/api/queue/payments/resume')
    const ready = await site.call('GET', '/readyz')
    assert.equal(ready.status, 503)
    assert.match(ready.body.detail, /^The database cannot be written \(disk I\/O error\)/)
    assert.equal((await site.call('GET', `/api/vouchers/batches/${before.body.batch_id}`)).status, 200, 'reads go on')

    rmSync(sign)
    const after = await sell()
    assert.equal(after.status, 201)
    assert.equal((await site.call('GET', '/readyz')).status, 200)

    await site.kill()
    await site.start()
    for (const { body } of [before, after]) {
      assert.equal((await site.call('GET', `/api/vouchers/batches/${body.batch_id}`)).status, 200)
    }
  } finally {
    await site.close()
    rmSync(scratch, { recursive: true, force: true })
  }
})
