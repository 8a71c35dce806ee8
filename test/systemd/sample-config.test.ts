import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { loadConfig, metaOf } from '../../src/config.ts'

const SAMPLE = new URL('../../../systemd/mlango.toml', import.meta.url).pathname

describe('the configuration of a new installation', () => {
  it('sets nothing', () => {
    assert.deepEqual(loadConfig(SAMPLE, {}), loadConfig(undefined, {}))
  })

  it('shows every default as it is, and examples that are allowed', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mlango-sample-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'mlango.toml')
    writeFileSync(file, readFileSync(SAMPLE, 'utf8').replaceAll(/^#(?=\w+ = )/gm, ''))

    const shown = loadConfig(file, {})
    const text = readFileSync(SAMPLE, 'utf8')
    for (const [section, defaults] of Object.entries(loadConfig(undefined, {}))) {
      for (const [key, value] of Object.entries(defaults)) {
        assert.deepEqual(Reflect.get(Reflect.get(shown, section), key), value, `[${section}] ${key}`)
        assert.match(text, new RegExp(`^#${key} = `, 'm'))
      }
    }
  })

  it('names every SMS gateway', () => {
    const [, named] = /^#provider = "none" +# (.*)$/m.exec(readFileSync(SAMPLE, 'utf8')) ?? []
    for (const gateway of metaOf('sms', 'provider').allowed.replace('one of ', '').split(', ')) {
      assert.match(named ?? '', new RegExp(`\\b${gateway}\\b`))
    }
  })

  it('holds no password', () => {
    assert.equal(loadConfig(SAMPLE, {}).admin.password, undefined)
    assert.doesNotMatch(readFileSync(SAMPLE, 'utf8'), /^\[admin\]/m)
  })
})
