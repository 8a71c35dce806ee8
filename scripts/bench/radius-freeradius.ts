import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { freePort } from './free-port.ts'
import type { RadiusSubject } from './radius-subject.ts'
import { cpuSeconds } from './radius-subject.ts'
import { SECRET, userNumber } from './radius-users.ts'

const MODULES = '/etc/freeradius/3.0/mods-config'

/** FreeRADIUS as Debian ships it, with users in SQLite (radcheck, radreply, radacct) or in a file. */
export async function startFreeRadius(
  kind: 'sql' | 'files',
  folder: string,
  users: number,
  environment: Record<string, string> = {},
): Promise<RadiusSubject> {
  const [authPort, acctPort] = [await freePort(), await freePort()]
  if (kind === 'sql') fillDatabase(join(folder, 'radius.db'), users)
  else fillFile(join(folder, 'users'), users)
  writeFileSync(join(folder, 'radiusd.conf'), configOf(kind, folder, authPort, acctPort))
  const server = ['freeradius', '-f', '-d', folder, '-D', '/usr/share/freeradius', '-l', 'stdout']
  const child = spawn('taskset', ['-c', '0', ...server], { env: { ...process.env, ...withSqlite(environment) } })
  const said: string[] = []
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.push(text)
      if (said.join('').includes('Ready to process requests')) resolve()
    })
    child.once('exit', () => reject(new Error(`freeradius ended: ${said.join('').slice(-2000)}`)))
  })
  await ready
  return {
    name: kind === 'sql' ? 'FreeRADIUS, sql' : 'FreeRADIUS, files',
    authPort,
    acctPort,
    cpuSeconds: () => cpuSeconds(child.pid ?? 0),
    async stop() {
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}

/** FreeRADIUS binds its modules to their own libraries first: only an SQLite that was there before them syncs through what is preloaded. */
function withSqlite({ LD_PRELOAD, ...environment }: Record<string, string>): Record<string, string> {
  return LD_PRELOAD === undefined ? environment : { ...environment, LD_PRELOAD: `${LD_PRELOAD}:libsqlite3.so.0` }
}

function fillDatabase(file: string, users: number): void {
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.exec(readFileSync(join(MODULES, 'sql/main/sqlite/schema.sql'), 'utf8'))
  const check = db.prepare(
    "INSERT INTO radcheck (username, attribute, op, value) VALUES (?, 'Cleartext-Password', ':=', ?)",
  )
  const reply = db.prepare("INSERT INTO radreply (username, attribute, op, value) VALUES (?, ?, ':=', ?)")
  db.transaction(() => {
    for (let at = 0; at < users; at += 1) {
      const { username, password } = userNumber(at)
      check.run(username, password)
      reply.run(username, 'Session-Timeout', '3600')
      reply.run(username, 'Mikrotik-Rate-Limit', '2000k/8000k')
    }
  })()
  db.close()
}

function fillFile(file: string, users: number): void {
  const lines = Array.from({ length: users }, (_, at) => {
    const { username, password } = userNumber(at)
    return `${username} Cleartext-Password := "${password}"\n\tSession-Timeout := 3600,\n\tMikrotik-Rate-Limit := "2000k/8000k"\n`
  })
  writeFileSync(file, lines.join(''))
}

function configOf(kind: 'sql' | 'files', folder: string, authPort: number, acctPort: number): string {
  const listen = (type: string, port: number) => `
  listen {
    type = ${type}
    ipaddr = 127.0.0.1
    port = ${port}
  }`
  const sql = `
  sql {
    driver = "rlm_sql_sqlite"
    dialect = "sqlite"
    sqlite {
      filename = "${folder}/radius.db"
      busy_timeout = 2000
    }
    radius_db = "radius"
    acct_table1 = "radacct"
    acct_table2 = "radacct"
    postauth_table = "radpostauth"
    authcheck_table = "radcheck"
    authreply_table = "radreply"
    groupcheck_table = "radgroupcheck"
    groupreply_table = "radgroupreply"
    usergroup_table = "radusergroup"
    client_table = "nas"
    group_attribute = "SQL-Group"
    read_groups = no
    read_profiles = no
    delete_stale_sessions = yes
    pool {
      start = 4
      min = 1
      max = 8
      spare = 1
      uses = 0
      lifetime = 0
      idle_timeout = 0
      retry_delay = 1
    }
    $INCLUDE ${MODULES}/sql/main/sqlite/queries.conf
  }`
  const files = `
  files {
    filename = ${folder}/users
  }`
  return `
prefix = /usr
libdir = /usr/lib/freeradius
logdir = ${folder}
run_dir = ${folder}
pidfile = ${folder}/pid
cleanup_delay = 1
max_requests = 65536
security {
  reject_delay = 0
}
thread pool {
  start_servers = 4
  max_servers = 8
  min_spare_servers = 1
  max_spare_servers = 8
  max_requests_per_server = 0
}
client routers {
  ipaddr = 127.0.0.0/8
  secret = ${SECRET}
  require_message_authenticator = yes
}
modules {
  expr {
  }
  pap {
  }
  chap {
  }${kind === 'sql' ? sql : files}
  always ok {
    rcode = ok
  }
}
instantiate {
  expr
}
server bench {${listen('auth', authPort)}${listen('acct', acctPort)}
  authorize {
    ${kind}
    chap
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
    Auth-Type CHAP {
      chap
    }
  }
  accounting {
    ${kind === 'sql' ? 'sql' : 'ok'}
  }
}
`
}
