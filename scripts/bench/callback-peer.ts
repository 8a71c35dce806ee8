import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { openConfigSource } from '../../src/config.ts'
import { openFacts } from '../../src/flow/facts.ts'
import { httpApp } from '../../src/http/app.ts'
import { callbackLane } from '../../src/http/callback-lane.ts'
import type { House } from '../../src/http/house.ts'
import { openHttpDoor } from '../../src/http/http-door.ts'
import { openCallbacks } from '../../src/http/mpesa-callback.ts'
import { openLog } from '../../src/log.ts'
import type { Store } from '../../src/store/client.ts'
import { type Db, openReader, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { ensureSite } from '../../src/store/site.ts'
import type { PeerKind } from './peer.ts'

/**
 * The daemon's own HTTP door and app in a process of their own, and behind them something simpler than the store: nothing,
 * or a transaction of its own for every request in the thread that answers.
 */
const [kind, dataDir, adminToken] = process.argv.slice(2) as [PeerKind, string, string]

const file = join(dataDir, 'peer.db')
const writer = openWriter(file)
migrate(writer)
const site = ensureSite(writer, 'bench', Date.now())
const log = openLog('info', { thread: 'main' })
const source = openConfigSource(undefined, {
  MLANGO_HTTP_HOST: '127.0.0.1',
  MLANGO_HTTP_PORT: '0',
  MLANGO_ADMIN_TOKEN: adminToken,
})
const config = source.read({})

const house: House = {
  store: { nothing: storeNothing(), 'per-request': storePerRequest(writer) }[kind],
  db: openReader(file),
  config,
  source,
  site,
  facts: openFacts(),
  clock: systemClock,
  log,
  workers: { hotspot: 0, payments: 0, general: 0 },
  notReady: () => undefined,
  alarms: () => [],
  portalUrl: 'http://127.0.0.1',
  radiusPorts: { auth: 0, acct: 0 },
  testLogin: () => Promise.reject(new Error('there is no RADIUS here')),
  counters: () => ({ radius: {}, radiusByRouter: [], cloudConnected: undefined, cloudBacklog: undefined }),
}
const callbacks = openCallbacks(house)
const door = openHttpDoor(httpApp(house, callbacks), {
  http: config.http,
  controlSocket: join(dataDir, 'peer.sock'),
  shortcuts: [callbackLane(house, callbacks)],
})

function storeNothing(): Store {
  return { run: async () => 'paid' as never }
}

/** One row for each request: less than the daemon writes, so this peer is flattered. */
function storePerRequest(db: Db): Store {
  db.exec('CREATE TABLE received (token TEXT PRIMARY KEY, body TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT')
  const insert = db.prepare('INSERT INTO received VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  return {
    async run(_command, input) {
      const { token, body } = input as { token: string; body: string }
      insert.run(token, body, Date.now())
      return 'paid' as never
    },
  }
}

process.on('message', () => process.exit(0))
process.on('disconnect', () => process.exit(0))
await door.start()
process.send?.({ port: door.port })
