import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openRadiusHouse, SECRET } from '../radius/radius-house.ts'
import { needs, run } from './radius-peer.ts'

test('eapol_test: EAP ends at once with a failure', needs('eapol_test'), async (t) => {
  const { server } = await openRadiusHouse(t)
  const folder = mkdtempSync(join(tmpdir(), 'mlango-eapol-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = join(folder, 'eapol.conf')
  writeFileSync(config, 'network={\n key_mgmt=WPA-EAP\n eap=MD5\n identity="alice"\n password="open sesame"\n}\n')
  const where = ['-a', '127.0.0.1', '-p', String(server.authPort), '-s', SECRET]
  const { text } = await run('eapol_test', ['-c', config, ...where, '-t', '5', '-n'])
  assert.match(text, /CTRL-EVENT-EAP-FAILURE/)
  assert.doesNotMatch(text, /No Message-Authenticator|Incoming RADIUS packet did not have correct|timed out/)
  assert.equal(server.counters.rejected, 1)
})
