import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { makeAuthority } from '../peers/certificates.ts'
import { startDaemon } from './daemon.ts'
import { freePort } from './free-port.ts'

test('a box that has a certificate gives its portal an https address by itself', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-https-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { ca, issue } = makeAuthority(folder)
  const { key, cert } = issue('portal')
  const port = await freePort()
  const daemon = await startDaemon({
    MLANGO_STORAGE_DATA_DIR: join(folder, 'data'),
    MLANGO_HTTP_HOST: '127.0.0.1',
    MLANGO_HTTP_PORT: String(port),
    MLANGO_HTTP_TLS_CERT: cert,
    MLANGO_HTTP_TLS_KEY: key,
    MLANGO_RADIUS_HOST: '127.0.0.1',
    MLANGO_RADIUS_AUTH_PORT: '0',
    MLANGO_RADIUS_ACCT_PORT: '0',
  })
  t.after(() => daemon.stop())
  const asked = request({ host: '127.0.0.1', port, path: '/capport', ca: readFileSync(ca) }).end()
  const [answer] = await once(asked, 'response')
  assert.deepEqual(await json(answer), { captive: true, 'user-portal-url': `https://127.0.0.1:${port}/` })
})
