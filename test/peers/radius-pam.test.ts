import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openRadiusHouse, SECRET, USER } from '../radius/radius-house.ts'
import { needs, run } from './radius-peer.ts'

const asRoot = process.getuid?.() === 0 ? needs('pamtester', 'unshare') : { skip: 'needs root for a mount of its own' }

/** Logs in by PAM against this server. /etc/pam.d is a copy, seen by this one process only. */
async function openPam(t: TestContext) {
  const house = await openRadiusHouse(t)
  const folder = mkdtempSync(join(tmpdir(), 'mlango-pam-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const serverFile = join(folder, 'server.conf')
  writeFileSync(serverFile, `127.0.0.1:${house.server.authPort} ${SECRET} 3\n`, { mode: 0o600 })
  const service = `auth required pam_radius_auth.so conf=${serverFile}`
  const script = `set -e
    cp -a /etc/pam.d '${folder}/pam.d'
    echo '${service}' > '${folder}/pam.d/mlango-test'
    mount --bind '${folder}/pam.d' /etc/pam.d
    exec pamtester mlango-test "$1" authenticate`
  const logIn = async (username: string, password: string) => {
    rmSync(join(folder, 'pam.d'), { recursive: true, force: true })
    return run('unshare', ['-m', 'sh', '-c', script, 'sh', username], `${password}\n`)
  }
  return { ...house, logIn }
}

test('pam_radius_auth: the right password opens, the wrong one does not', asRoot, async (t) => {
  const { server, logIn } = await openPam(t)
  const right = await logIn(USER.username, USER.password)
  assert.equal(right.status, 0, right.text)
  assert.match(right.text, /successfully authenticated/)
  const wrong = await logIn(USER.username, 'wrong')
  assert.equal(wrong.status, 1, wrong.text)
  assert.equal(server.counters.accepted, 1)
  assert.equal(server.counters.rejected, 1)
})
