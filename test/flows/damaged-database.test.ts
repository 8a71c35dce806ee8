import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readdirSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import Database from 'better-sqlite3'
import { backUp } from '../../src/store/backups.ts'
import { openSite, type Site } from './site.ts'

const epochOf = async (site: Site, isOther = (_epoch: string) => true): Promise<string> => {
  const said = (payload: Buffer | string): { epoch: string; state: string } => JSON.parse(String(payload))
  const message = await site.broker.whenMessage(
    ({ topic, payload }) =>
      topic.endsWith('/status') && said(payload).state === 'online' && isOther(said(payload).epoch),
    20_000,
  )
  return said(message.payload).epoch
}

it('a box whose database is damaged starts with the newest backup, says so, and has a new epoch for the cloud', async () => {
  const site = await openSite()
  try {
    const databaseFile = join(site.dataDir, 'mlango.db')
    const epoch = await epochOf(site)
    const before = await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 5 })
    backUp({ databaseFile, directory: join(site.dataDir, 'backups') })
    await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 5 })

    // A clean stop: after a kill the log beside the file still holds whole copies of its pages.
    await site.daemon.stop()
    writeFileSync(databaseFile, Buffer.alloc(20_000, 'noise'), { flag: 'r+' })
    await site.start()

    const ready = await site.call('GET', '/readyz')
    assert.equal(ready.status, 200)
    assert.deepEqual(
      ready.body.notices.map(({ code }: { code: string }) => code),
      ['store-restored'],
    )
    assert.ok(site.daemon.log.some(({ level, msg }) => level === 'fatal' && msg === 'the database is damaged'))
    assert.deepEqual(
      readdirSync(site.dataDir).filter((name) => name.startsWith('set-aside')),
      ['set-aside-1'],
    )
    const batch = await site.call('GET', `/api/vouchers/batches/${before.body.batch_id}`)
    assert.equal(batch.status, 200)
    const { macAddress } = site.join()
    const redeemed = await site.call('POST', '/api/vouchers/redeem', {
      code: before.body.codes[0],
      mac_address: macAddress,
    })
    assert.equal(redeemed.status, 200)
    const events = await site.events()
    await events.when(({ type, data }) => type === 'store.restored' && data.reason === 'damaged')
    assert.notEqual(await epochOf(site, (other) => other !== epoch), epoch)
  } finally {
    await site.close()
  }
})

/** Larger than what is looked at before anybody is let in. */
const LARGE_BYTES = 160 * 1024 * 1024

const PAGE_BYTES = 4096

const damagesOfLargeOnes: Record<string, (db: Database.Database) => number> = {
  'where nobody reads': (db) => (db.pragma('page_count', { simple: true }) as number) - 1,
  'where its start reads': (db) =>
    (db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'site'").pluck().get() as number) - 1,
}
for (const [where, pageOf] of Object.entries(damagesOfLargeOnes)) {
  it(`a large database is looked at while customers are served; damaged ${where}, the daemon ends, and its next start restores a backup`, async () => {
    const site = await openSite()
    try {
      const databaseFile = join(site.dataDir, 'mlango.db')
      backUp({ databaseFile, directory: join(site.dataDir, 'backups') })
      await site.daemon.stop()
      const db = new Database(databaseFile)
      db.exec('CREATE TABLE large (bytes BLOB)')
      db.prepare('INSERT INTO large VALUES (zeroblob(?))').run(LARGE_BYTES)
      const at = pageOf(db) * PAGE_BYTES
      db.close()
      const file = openSync(databaseFile, 'r+')
      writeSync(file, Buffer.alloc(PAGE_BYTES, 'noise'), 0, PAGE_BYTES, at)
      closeSync(file)

      // It may be found before the daemon has said that it is ready.
      await site.start().then(
        () => site.daemon.ended,
        () => {},
      )
      assert.ok(existsSync(`${databaseFile}-damaged`))

      await site.start()
      assert.ok(statSync(databaseFile).size < LARGE_BYTES)
      assert.ok(!existsSync(`${databaseFile}-damaged`))
      const ready = await site.call('GET', '/readyz')
      assert.deepEqual(
        ready.body.notices.map(({ code }: { code: string }) => code),
        ['store-restored'],
      )
    } finally {
      await site.close()
    }
  })
}
