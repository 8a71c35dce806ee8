import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openReader } from '../../src/store/database.ts'
import { openSite, type Site } from './site.ts'

const disk = mkdtempSync(join(tmpdir(), 'mlango-disk-'))
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk], { encoding: 'utf8' })
const missing = mounted.status === 0 ? false : 'a small disk can only be mounted by root'
after(() => {
  if (!missing) spawnSync('umount', ['--lazy', disk])
  rmSync(disk, { recursive: true, force: true })
})

/** Somebody else's file takes all that is left. */
function fill(): void {
  const file = openSync(join(disk, 'filler'), 'a')
  try {
    for (const block = Buffer.alloc(64 * 1024); ; ) writeSync(file, block)
  } catch (thrown) {
    assert.equal((thrown as NodeJS.ErrnoException).code, 'ENOSPC')
  } finally {
    closeSync(file)
  }
}

/** Each adds some 100 kB. */
const sell = (site: Site) => site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 500 })

const notices = async (site: Site): Promise<string[]> =>
  ((await site.call('GET', '/readyz')).body.notices ?? []).map(({ code }: { code: string }) => code)

async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUp = AbortSignal.timeout(60_000)
  while (!(await holds())) await delay(100, undefined, { signal: giveUp })
}

describe('the disk is full', { skip: missing, timeout: 280_000 }, () => {
  let site: Site
  const sold: string[] = []
  before(async () => {
    site = await openSite({ environment: { MLANGO_STORAGE_DATA_DIR: disk } })
  })
  after(() => site.close())

  it('sales go on into a reserve, and somebody is told', async () => {
    assert.ok(existsSync(join(disk, 'reserve')))
    assert.deepEqual(await notices(site), [])
    fill()
    while (existsSync(join(disk, 'reserve'))) {
      const { status, body } = await sell(site)
      assert.equal(status, 201)
      sold.push(...body.codes)
    }
    assert.deepEqual(await notices(site), ['disk-reserve'])
    const isFull = ({ level, msg }: Record<string, unknown>) =>
      level === 'error' && String(msg).includes('disk is full')
    await until(async () => site.daemon.log.some(isFull))
  })

  it('without a reserve callers are told to come again, and readyz says why', async () => {
    for (let status = 201; status === 201; ) {
      const answer = await sell(site)
      status = answer.status
      if (status === 201) sold.push(...answer.body.codes)
      else assert.deepEqual([status, answer.body.code], [503, 'store-unavailable'])
    }
    const ready = await site.call('GET', '/readyz')
    assert.deepEqual([ready.status, ready.body.code], [503, 'not-ready'])
    assert.match(ready.body.detail, /The disk is full/)
    assert.equal((await site.call('GET', '/healthz')).status, 200)
    assert.equal((await site.call('GET', '/api/packages')).body.items?.length ?? 1, 1)
  })

  it('goes on by itself when there is room, with all that it had promised', async () => {
    rmSync(join(disk, 'filler'))
    await until(async () => (await notices(site)).length === 0 && (await site.call('GET', '/readyz')).status === 200)
    assert.ok(existsSync(join(disk, 'reserve')))
    const { body } = await sell(site)
    sold.push(...body.codes)
    const { macAddress } = site.join()
    assert.equal(
      (await site.call('POST', '/api/vouchers/redeem', { code: sold[0], mac_address: macAddress })).status,
      200,
    )
    assert.equal(site.daemon.exited, false)

    await site.kill()
    await site.start()
    const db = openReader(join(disk, 'mlango.db'))
    const kept = new Set(db.prepare('SELECT code FROM vouchers').pluck().all())
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok')
    db.close()
    assert.deepEqual(
      sold.filter((code) => !kept.has(code)),
      [],
    )
  })

  it('a box that starts on a full disk starts, from its reserve', async () => {
    await site.kill()
    fill()
    await site.start()
    assert.deepEqual(await notices(site), ['disk-reserve'])
    rmSync(join(disk, 'filler'))
  })
})
