import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { backupsIn } from '../../src/store/backups.ts'
import { openSite, type Site } from './site.ts'

const MAIN = new URL('../../src/main.js', import.meta.url).pathname

describe('a copy of the whole house', { timeout: 280_000 }, () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  const mlango = (...words: string[]) =>
    spawnSync(process.execPath, [MAIN, ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...site.environment },
    })
  const sell = async (): Promise<string> =>
    (await site.call('POST', '/api/vouchers', { package_id: site.packageId, count: 1 })).body.codes[0]
  const redeem = async (code: string) =>
    (await site.call('POST', '/api/vouchers/redeem', { code, mac_address: site.join().macAddress })).status

  it('mlango backup copies while the daemon works, and mlango restore brings it back at the next start', async () => {
    const file = join(site.dataDir, 'copy.db')
    const before = await sell()
    const backup = mlango('backup', file, '--json')
    assert.equal(backup.status, 0, backup.stderr)
    assert.equal(JSON.parse(backup.stdout).file, file)
    const afterwards = await sell()

    const restore = mlango('restore', file)
    assert.equal(restore.status, 0, restore.stderr)
    assert.match(restore.stdout, /at the next start/)
    assert.equal(await redeem(afterwards), 200, 'the running daemon goes on')

    await site.restart()
    assert.equal(await redeem(before), 200)
    assert.equal(await redeem(afterwards), 404)
    const notices = (await site.call('GET', '/readyz')).body.notices
    assert.match(notices[0].message, /^Somebody asked for it: the backup copy.db was restored\./)
    assert.ok(readdirSync(join(site.dataDir, 'set-aside-1')).includes('mlango.db'))
  })

  it('what is no backup is refused in a sentence, and nothing is staged', () => {
    const file = join(site.dataDir, 'notes.db')
    writeFileSync(file, 'These are the notes of a meeting. '.repeat(500))
    for (const [words, sentence] of [
      [['restore', file], /notes\.db is no database of Mlango/],
      [['restore', join(site.dataDir, 'nothing')], /There is no file/],
      [['backup', join(site.dataDir, 'mlango.db')], /cannot take the place of the database itself/],
    ] as const) {
      const { status, stderr } = mlango(...words)
      assert.equal(status, 1)
      assert.match(stderr, sentence)
      assert.doesNotMatch(stderr, /\n {4}at /, 'a sentence, not a stack')
    }
    assert.ok(!readdirSync(site.dataDir).some((name) => name.startsWith('mlango.db-restore')))
  })

  it('the daemon backs itself up', async () => {
    const backups = join(site.dataDir, 'backups')
    const giveUp = AbortSignal.timeout(60_000)
    while (backupsIn(backups).length === 0) await delay(50, undefined, { signal: giveUp })
    const [newest = ''] = backupsIn(backups)
    assert.equal(mlango('restore', newest).status, 0, 'it is one that can be restored')
  })
})
