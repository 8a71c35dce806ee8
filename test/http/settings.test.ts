import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { storedSettings } from '../../src/settings/stored-settings.ts'
import { openWriter } from '../../src/store/database.ts'
import { openSite } from '../flows/site.ts'
import { openDesk } from './desk.ts'

// biome-ignore lint/suspicious/noExplicitAny: whatever was answered
const find = (body: any, field: string) =>
  body.settings.find(({ section, key }: { section: string; key: string }) => `${section}.${key}` === field)

test('what can be set is shown with its value, what is allowed, and whether the file says it', async (t) => {
  const { ask } = openDesk(t, { MLANGO_SITE_NAME: 'Kilimani WiFi' })
  const { status, body } = await ask('admin', 'GET', '/api/settings')
  assert.equal(status, 200)
  assert.equal(body.restart_needed, false)
  assert.deepEqual(find(body, 'site.name'), {
    section: 'site',
    key: 'name',
    value: 'Kilimani WiFi',
    is_set: true,
    secret: false,
    fixed: true,
    allowed: 'text that is not empty',
  })
  assert.deepEqual([find(body, 'site.support_phone').value, find(body, 'site.support_phone').fixed], [null, false])
  const passkey = find(body, 'mpesa.passkey')
  assert.deepEqual([passkey.value, passkey.is_set, passkey.secret], [null, true, true])
  for (const field of ['site.id', 'storage.data_dir', 'admin.token', 'http.port']) {
    assert.equal(find(body, field), undefined, field)
  }
})

test('a change is kept for the next start, and can be taken back', async (t) => {
  const { ask, rooms, house } = openDesk(t)
  const change = { site: { support_phone: '0712 345 678', languages: ['sw'] }, sms: { sender_id: 'KILIMANI' } }
  const { status, body } = await ask('admin', 'PATCH', '/api/settings', change)
  assert.equal(status, 200)
  assert.equal(body.restart_needed, true)
  assert.equal(find(body, 'site.support_phone').value, '0712 345 678')
  const next = house.source.read(storedSettings(rooms.reader))
  assert.deepEqual(
    [next.site.support_phone, next.site.languages, next.sms.sender_id],
    ['0712 345 678', ['sw'], 'KILIMANI'],
  )
  assert.equal(rooms.value('SELECT subject FROM audit'), 'site.languages, site.support_phone, sms.sender_id')

  const back = { site: { support_phone: null, languages: null }, sms: { sender_id: null } }
  const after = (await ask('admin', 'PATCH', '/api/settings', back)).body
  assert.equal(after.restart_needed, false)
  assert.equal(rooms.rows('SELECT * FROM settings').length, 0)
})

test('file and environment win: what they say cannot be set from here', async (t) => {
  const { ask, everything } = openDesk(t, { MLANGO_SITE_NAME: 'Kilimani WiFi' })
  const before = everything()
  const change = { site: { name: 'Another', support_phone: '0712 345 678' } }
  const { status, body } = await ask('admin', 'PATCH', '/api/settings', change)
  assert.deepEqual([status, body.code], [409, 'setting-fixed'])
  assert.deepEqual(
    body.errors.map(({ field }: { field: string }) => field),
    ['site.name'],
  )
  assert.deepEqual(everything(), before)
})

test('a secret is stored and never shown again, not even in the audit', async (t) => {
  const { ask, rooms, logLines } = openDesk(t)
  const change = { cloud: { url: 'mqtts://me:url-password@broker.example', password: 'the-broker-password' } }
  const { text } = await ask('admin', 'PATCH', '/api/settings', change)
  const shown = text + JSON.stringify(rooms.rows('SELECT * FROM audit')) + logLines.join('')
  assert.ok(!shown.includes('the-broker-password') && !shown.includes('url-password'))
  assert.equal(rooms.value("SELECT value FROM settings WHERE key = 'password'"), '"the-broker-password"')
})

for (const [field, change] of [
  ['site.languages', { site: { languages: ['fr'] } }],
  ['site.timezone', { site: { timezone: 'Mars/Olympus' } }],
  ['mpesa.query_interval_ms', { mpesa: { query_interval_ms: 5 } }],
  ['site.id', { site: { id: 'another-site' } }],
  ['storage', { storage: { data_dir: '/tmp' } }],
  ['(body)', { sms: { provider: 'africastalking' } }],
] as const) {
  test(`a change of ${field} that does not fit changes nothing`, async (t) => {
    const { ask, everything } = openDesk(t)
    const before = everything()
    const { status, body } = await ask('admin', 'PATCH', '/api/settings', change)
    assert.equal(status, 422)
    assert.ok(body.errors[0].field.startsWith(field), JSON.stringify(body.errors))
    assert.deepEqual(everything(), before)
  })
}

test('what was set holds after the next start of the daemon', async (t) => {
  const site = await openSite()
  t.after(() => site.close())
  const changed = await site.call('PATCH', '/api/settings', { site: { name: 'Kilimani WiFi' } })
  assert.deepEqual([changed.status, changed.body.site_name, changed.body.restart_needed], [200, 'Mlango', true])
  await site.restart()
  const { body } = await site.call('GET', '/api/settings')
  assert.deepEqual([body.site_name, body.restart_needed], ['Kilimani WiFi', false])
  assert.match((await site.call('GET', '/', undefined, null)).body, /Kilimani WiFi/)
})

test('what is stored and does not fit any more is left out, rather than no start at all', async (t) => {
  const site = await openSite()
  t.after(() => site.close())
  await site.call('PATCH', '/api/settings', { site: { name: 'Kilimani WiFi' } })
  await site.daemon.stop()
  const db = openWriter(join(site.dataDir, 'mlango.db'))
  db.exec("INSERT INTO settings VALUES ('site', 'timezone', '\"Mars/Olympus\"', 0)")
  db.close()
  await site.start()
  assert.equal((await site.call('GET', '/readyz')).status, 200)
  assert.ok(site.daemon.log.some(({ level, msg }) => level === 'error' && String(msg).includes('is left out')))
  const { body } = await site.call('GET', '/api/settings')
  assert.equal(body.site_name, 'Mlango')
})
