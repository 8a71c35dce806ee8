import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite } from '../../src/store/site.ts'
import { freePort } from './free-port.ts'
import { cpuSeconds, type RadiusSubject } from './radius-subject.ts'
import { ROUTER_ADDRESSES, SECRET, userNumber } from './radius-users.ts'

const COMMAND = join(new URL('../../../', import.meta.url).pathname, 'scripts/mlango')

/** The whole daemon, with a running grant for each user. */
export async function startMlango(
  folder: string,
  users: number,
  environment: Record<string, string> = {},
): Promise<RadiusSubject> {
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir)
  fillStore(join(dataDir, 'mlango.db'), users)
  const [httpPort, authPort, acctPort] = [await freePort(), await freePort(), await freePort()]
  const child = spawn('taskset', ['-c', '0', COMMAND, 'serve'], {
    env: {
      PATH: process.env.PATH ?? '',
      ...environment,
      MLANGO_STORAGE_DATA_DIR: dataDir,
      MLANGO_HTTP_HOST: '127.0.0.1',
      MLANGO_HTTP_PORT: String(httpPort),
      MLANGO_RADIUS_HOST: '127.0.0.1',
      MLANGO_RADIUS_AUTH_PORT: String(authPort),
      MLANGO_RADIUS_ACCT_PORT: String(acctPort),
    },
  })
  const said: string[] = []
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said.push(text)
        if (said.join('').includes('"msg":"ready"')) resolve()
      })
    }
    child.once('exit', () => reject(new Error(`the daemon ended: ${said.join('').slice(-2000)}`)))
  })
  return {
    name: 'mlango',
    authPort,
    acctPort,
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    async stop() {
      if (child.exitCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}

export function fillStore(file: string, users: number): void {
  const db = openWriter(file)
  migrate(db)
  const nowMs = Date.now()
  ensureSite(db, 'bench', nowMs)
  const packageId = db
    .prepare(
      `INSERT INTO packages (name, type, price_cents, currency, duration_seconds, down_kbps, up_kbps, created_at_ms)
       VALUES ('1 day', 'hotspot', 1000, 'KES', 86400, 8000, 2000, ?) RETURNING id`,
    )
    .pluck()
    .get(nowMs)
  const router = db.prepare(
    `INSERT INTO routers (name, address, api_port, api_tls, api_username, api_password, radius_secret, coa_port, access_mode, status, created_at_ms)
     VALUES (?, ?, 8728, 0, 'mlango', 'an-api-password', ?, 3799, 'radius', 'adopted', ?)`,
  )
  const grant = db.prepare(
    `INSERT INTO grants (id, source, source_id, username, password, package_id, package_name, down_kbps, up_kbps, device_limit,
       mac_address, starts_at_ms, expires_at_ms)
     VALUES (:grantId, 'operator', :username, :username, :password, :packageId, '1 day', 8000, 2000, 1, :macAddress, :nowMs, :expiresAtMs)`,
  )
  db.transaction(() => {
    for (const address of ROUTER_ADDRESSES) router.run(`Router ${address}`, address, SECRET, nowMs)
    for (let at = 0; at < users; at += 1)
      grant.run({ ...userNumber(at), packageId, nowMs, expiresAtMs: nowMs + 86_400_000 })
  })()
  db.close()
}
