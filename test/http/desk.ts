import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import { openConfigSource } from '../../src/config.ts'
import { openFacts } from '../../src/flow/facts.ts'
import { httpApp } from '../../src/http/app.ts'
import { descriptionOf } from '../../src/http/call.ts'
import type { House } from '../../src/http/house.ts'
import { openLog } from '../../src/log.ts'
import { hashPassword } from '../../src/staff/passwords.ts'
import { addApiToken, addOperator, hashToken } from '../../src/staff/staff.ts'
import { openRooms } from '../billing/rooms.ts'

export const PORTAL = 'http://192.168.88.10:8080'
export const PASSWORD = 'a long enough password'
export const TOKENS = { admin: 'admin-token', cashier: 'cashier-token', viewer: 'viewer-token' } as const

export type Who = keyof typeof TOKENS | null

export interface Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: whatever was answered; each test says what it expects
  body: any
}

interface Asking {
  headers?: Record<string, string>
  /** The address that the request comes from. */
  from?: string
  /** The address of ours that it comes to. */
  at?: string
  /** By the socket in the data directory. */
  local?: boolean
}

const MPESA = {
  MLANGO_MPESA_CONSUMER_KEY: 'consumer-key',
  MLANGO_MPESA_CONSUMER_SECRET: 'the-consumer-secret',
  MLANGO_MPESA_SHORTCODE: '174379',
  MLANGO_MPESA_PASSKEY: 'the-passkey',
  MLANGO_MPESA_CALLBACK_BASE_URL: 'https://pay.example',
}

/** Everything behind the HTTP door on a real file: the app itself, three tokens, and a clock that is stepped. */
export function openDesk(t: TestContext, environment: Record<string, string> = {}) {
  const rooms = openRooms()
  t.after(() => rooms.close())
  const facts = openFacts()
  t.after(rooms.subscribe((entries) => facts.publish(entries)))
  const logLines: string[] = []
  const stream = new PassThrough().on('data', (line: Buffer) => logLines.push(line.toString()))
  let reason: string | undefined
  let listeners = 0
  const source = openConfigSource(undefined, { MLANGO_STORAGE_DATA_DIR: rooms.dir, ...MPESA, ...environment })
  const house: House = {
    store: rooms.store,
    db: rooms.reader,
    config: source.read({}),
    source,
    site: rooms.site,
    facts: {
      publish: facts.publish,
      subscribe(listener) {
        const stop = facts.subscribe(listener)
        listeners += 1
        return () => {
          listeners -= 1
          stop()
        }
      },
    },
    clock: rooms.clock,
    log: openLog('debug', {}, stream),
    workers: { hotspot: 3, payments: 2, general: 2 },
    notReady: () => reason,
    alarms: () => [],
    portalUrl: PORTAL,
    radiusPorts: { auth: 1812, acct: 1813 },
    testLogin: () => Promise.reject(new Error('there is no RADIUS here')),
    counters: () => ({ radius: { accessAccepts: 7 }, radiusByRouter: [], cloudConnected: true, cloudBacklog: 3 }),
  }
  for (const [role, token] of Object.entries(TOKENS)) {
    rooms.run(addApiToken, { name: role, role: role as keyof typeof TOKENS, tokenHash: hashToken(token) })
  }
  const app = httpApp(house)
  // What listens for as long as the house stands.
  const standing = listeners

  async function ask(who: Who, method: string, path: string, body?: unknown, asking: Asking = {}): Promise<Answer> {
    const answer = await request(who, method, path, body, asking)
    const text = await answer.text()
    const isJson = (answer.headers.get('content-type') ?? '').includes('json')
    const said = isJson ? JSON.parse(text) : undefined
    if (answer.ok && method !== 'HEAD') holdToDescription(method, path, answer, said)
    return { status: answer.status, headers: answer.headers, text, body: said }
  }

  /** What is answered is what the description says of this call: nothing is missing, and nothing is there besides. */
  function holdToDescription(method: string, path: string, answer: Response, body: unknown): void {
    const [found] = app.router.match(method, path.replace(/\?.*/, '')) as [[[object, unknown], unknown][], unknown]
    const description = found.map(([[handler]]) => descriptionOf(handler)).find((known) => known !== undefined)
    if (!description) return
    const schema = description.answers[answer.status]
    assert.notEqual(schema, undefined, `${method} ${path} answered ${answer.status}, which is not described`)
    if (schema && answer.headers.get('content-type')?.includes('json')) assert.deepEqual(schema.parse(body), body)
    if (schema === null) assert.equal(body, undefined)
  }

  function request(who: Who, method: string, path: string, body?: unknown, asking: Asking = {}) {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const headers = {
      Host: new URL(PORTAL).host,
      ...(who !== null && { Authorization: `Bearer ${TOKENS[who]}` }),
      ...(text !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': String(Buffer.byteLength(text)),
      }),
      ...asking.headers,
    }
    const bindings = {
      incoming: { socket: { remoteAddress: asking.from ?? '192.168.88.50', localAddress: asking.at ?? '127.0.0.1' } },
      ...(asking.local && { local: true }),
    }
    return app.request(`${PORTAL}${path}`, { method, headers, ...(text !== undefined && { body: text }) }, bindings)
  }

  return {
    rooms,
    house,
    app,
    ask,
    /** The same, with the body left unread. */
    request,
    logLines,
    /** Who follows the news now. */
    listeners: () => listeners - standing,
    notReady(why: string | undefined) {
      reason = why
    },
    async addOperator(username: string, role: keyof typeof TOKENS = 'admin') {
      rooms.run(addOperator, { username, role, passwordHash: await hashPassword(PASSWORD) })
    },
    /** What the browser of an operator sends from then on. */
    async signedIn(username: string) {
      const { headers } = await ask(null, 'POST', '/api/session', { username, password: PASSWORD })
      return { Cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
    },
    /** Every row of every table: a refused call changes none. */
    everything: () =>
      rooms
        .rows<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .map(({ name }) => [name, rooms.rows(`SELECT * FROM ${name}`)]),
  }
}

export type Desk = ReturnType<typeof openDesk>
