import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const CHECKOUT = new URL('../../../', import.meta.url).pathname
const UNIT = join(CHECKOUT, 'systemd/mlango.service')
const skip = spawnSync('systemd-analyze', ['--version']).error ? 'systemd-analyze is missing on this machine' : false

describe('the unit', { skip }, () => {
  it('holds nothing that systemd does not know, nor do those that show it the WireGuard peers', (t) => {
    const tree = mkdtempSync(join(tmpdir(), 'mlango-unit-'))
    t.after(() => rmSync(tree, { recursive: true }))
    const units = join(tree, 'usr/lib/systemd/system')
    mkdirSync(units, { recursive: true })
    const names = ['mlango.service', 'mlango-wireguard.service', 'mlango-wireguard.timer']
    for (const name of names) cpSync(join(CHECKOUT, 'systemd', name), join(units, name))
    // Every service wants this one, and ExecStart must lead to a program.
    for (const wanted of ['sysinit.target', 'timers.target', 'time-sync.target'])
      writeFileSync(join(units, wanted), '[Unit]\n')
    mkdirSync(join(tree, 'usr/lib/mlango/current/scripts'), { recursive: true })
    cpSync(join(CHECKOUT, 'scripts/mlango'), join(tree, 'usr/lib/mlango/current/scripts/mlango'))
    mkdirSync(join(tree, 'bin'))
    writeFileSync(join(tree, 'bin/sh'), '', { mode: 0o755 })

    for (const name of names) {
      const { status, stderr } = analyze('verify', `--root=${tree}`, name)
      // An unknown key ends with 0 and a line.
      assert.deepEqual({ name, status, stderr }, { name, status: 0, stderr: '' })
    }
  })

  it('takes from the daemon all rights that it can do without', () => {
    const { status, stdout } = analyze('security', '--offline=true', '--threshold=20', UNIT)
    assert.equal(
      status,
      0,
      stdout.split('\n').findLast((line) => line.includes('exposure')),
    )
  })
})

const analyze = (...words: string[]) =>
  spawnSync('systemd-analyze', [...words, '--no-pager'], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
