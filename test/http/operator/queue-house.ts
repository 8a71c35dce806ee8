import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { openConfigSource } from '../../../src/config.ts'
import { controlSocketIn } from '../../../src/data-files.ts'
import { openFacts } from '../../../src/flow/facts.ts'
import { httpApp } from '../../../src/http/app.ts'
import { openHttpDoor } from '../../../src/http/http-door.ts'
import { SESSION_COOKIE } from '../../../src/http/operator/guard.ts'
import type { Role } from '../../../src/staff/operator-table.ts'
import { addApiToken, addOperator, hashToken, openOperatorSession, staffCommands } from '../../../src/staff/staff.ts'
import { readSite, siteToken } from '../../../src/store/site.ts'
import { House } from '../../flow/house.ts'

const MAIN = new URL('../../../src/main.js', import.meta.url).pathname
const run = promisify(execFile)

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: whatever the door said; each test says what it expects
  body: any
}

/** The queue with its stepped clock, behind the real HTTP door and its control socket. */
export async function openQueueHouse() {
  const house = new House({ commands: staffCommands })
  const source = openConfigSource(undefined, { MLANGO_HTTP_HOST: '127.0.0.1', MLANGO_HTTP_PORT: '0' })
  const config = source.read({})
  for (const role of ['viewer', 'cashier', 'admin'] as const) {
    await house.run(addApiToken, { name: role, role, tokenHash: hashToken(`token-of-${role}`) })
  }
  const site = readSite(house.db)
  const app = httpApp({
    store: house,
    db: house.db,
    config,
    source,
    site,
    facts: openFacts(),
    clock: house.clock,
    log: house.log,
    workers: { hotspot: 3, payments: 2, general: 2 },
    notReady: () => undefined,
    alarms: () => [],
    portalUrl: 'http://127.0.0.1',
    radiusPorts: { auth: 0, acct: 0 },
    testLogin: () => Promise.reject(new Error('there is no RADIUS here')),
    counters: () => ({ radius: {}, radiusByRouter: [], cloudConnected: undefined, cloudBacklog: undefined }),
  })
  const door = openHttpDoor(app, { http: config.http, controlSocket: controlSocketIn(house.directory) })
  await door.start()

  return {
    house,
    async call(role: Role, method: string, path: string, body?: object): Promise<Answer> {
      const answer = await fetch(`http://127.0.0.1:${door.port}${path}`, {
        method,
        headers: { Authorization: `Bearer token-of-${role}`, 'Content-Type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
    },
    /** Signs somebody in and posts one of the console's forms; resolves to where it leads. */
    async click(role: Role, path: string, csrf = siteToken(site, `csrf:session-of-${role}`)): Promise<string> {
      const added = await house.run(addOperator, { username: role, passwordHash: '', role })
      if (added.outcome === 'added') {
        await house.run(openOperatorSession, {
          operatorId: added.operatorId,
          passwordHash: '',
          tokenHash: hashToken(`session-of-${role}`),
        })
      }
      const answer = await fetch(`http://127.0.0.1:${door.port}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { Cookie: `${SESSION_COOKIE}=session-of-${role}`, 'Sec-Fetch-Site': 'same-origin' },
        body: new URLSearchParams({ csrf }),
      })
      return answer.headers.get('location') ?? String(answer.status)
    },
    /** `mlango queue ...` as an operator types it. */
    async type(...words: string[]): Promise<{ status: number; said: string }> {
      const environment = { PATH: process.env.PATH ?? '', MLANGO_STORAGE_DATA_DIR: house.directory }
      try {
        const { stdout } = await run(process.execPath, [MAIN, 'queue', ...words], { env: environment })
        return { status: 0, said: stdout }
      } catch (thrown) {
        const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string }
        return { status: code, said: stdout + stderr }
      }
    },
    /** Who did what, oldest first. */
    audit: () =>
      house.db.prepare('SELECT actor, action, subject FROM audit ORDER BY id').raw().all() as [
        string,
        string,
        string,
      ][],
    async close() {
      await door.stop(1_000)
      house.close()
    },
  }
}
