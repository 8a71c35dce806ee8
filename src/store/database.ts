import { chmodSync } from 'node:fs'
import Database, { type Statement } from 'better-sqlite3'
import { MlangoError } from '../errors.ts'
import { hideParameters } from './hidden-parameters.ts'

export type Db = Database.Database

/** Oldest SQLite that does not corrupt a WAL when two connections write and checkpoint at once. */
const OLDEST_SQLITE = [3, 51, 3] as const

/** The one connection that writes. Only the store thread opens it. */
export function openWriter(file: string): Db {
  const db = open(file, false)
  // Only takes effect on an empty file, so it must come before the first table.
  db.pragma('auto_vacuum = INCREMENTAL')
  // It holds passwords and phone numbers; its -wal takes the same mode.
  chmodSync(file, 0o600)
  db.pragma('journal_mode = WAL')
  // After WAL: better-sqlite3 silently falls back to NORMAL otherwise, and a power cut then loses acknowledged rows.
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('busy_timeout = 5000')
  db.pragma('mmap_size = 0')
  db.pragma('cache_size = -8000')
  db.pragma('temp_store = MEMORY')
  db.pragma('journal_size_limit = 16777216')
  return db
}

/** A connection that can only read; in WAL mode it never waits for the writer. It keeps what it read, up to `cacheKb`. */
export function openReader(file: string, { cacheKb = 1_000 } = {}): Db {
  const db = open(file, true)
  db.pragma(`cache_size = -${cacheKb}`)
  db.pragma('temp_store = MEMORY')
  db.pragma('mmap_size = 0')
  return db
}

/**
 * Call after a write: what `PRAGMA synchronous` says at open is not what holds afterwards.
 * Throws `store-not-durable` when a power cut could lose what was answered.
 */
export function assertDurable(db: Db): void {
  const synchronous = db.pragma('synchronous', { simple: true })
  const journalMode = db.pragma('journal_mode', { simple: true })
  if (synchronous !== 2 || journalMode !== 'wal') {
    throw new MlangoError(
      'store-not-durable',
      `The database runs with synchronous=${synchronous}, journal_mode=${journalMode}`,
    )
  }
}

interface Connection {
  statements: Map<string, Statement>
  /** Called before each question. */
  look?: (() => void) | undefined
}

const connections = new WeakMap<Db, Connection>()

/** The prepared statement for this text, compiled once per connection. Ask for it anew for each question. */
export function sql(db: Db, text: string): Statement {
  const { statements, look } = connections.get(db) ?? connect(db)
  look?.()
  return statements.get(text) ?? prepare(db, statements, text)
}

/** Calls `look` before each question of this connection. */
export function beforeQuestions(db: Db, look: () => void): void {
  const connection = connections.get(db) ?? connect(db)
  connection.look = look
}

/** All questions of `read` see the same state. */
export function inOneState<Value>(db: Db, read: () => Value): Value {
  const connection = connections.get(db) ?? connect(db)
  const { look } = connection
  if (!look) return db.transaction(read)()
  look()
  connection.look = undefined
  try {
    return read()
  } finally {
    connection.look = look
  }
}

function connect(db: Db): Connection {
  const connection = { statements: new Map() }
  connections.set(db, connection)
  return connection
}

function prepare(db: Db, statements: Map<string, Statement>, text: string): Statement {
  const statement = db.prepare(hideParameters(text))
  statements.set(text, statement)
  return statement
}

function open(file: string, readonly: boolean): Db {
  // better-sqlite3 13 ends the process without a message on Node 20, at the first `new Database`.
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw new MlangoError(
      'node-too-old',
      `Mlango runs on Node 24, not ${process.versions.node}: start it with scripts/mlango`,
    )
  }
  const db = new Database(file, { readonly, fileMustExist: readonly })
  const version = String(db.prepare('SELECT sqlite_version()').pluck().get())
  if (isOlder(version.split('.').map(Number), OLDEST_SQLITE)) {
    db.close()
    throw new MlangoError(
      'sqlite-too-old',
      `SQLite ${version} can corrupt the database; ${OLDEST_SQLITE.join('.')} is needed`,
    )
  }
  return db
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  const index = than.findIndex((part, at) => part !== version[at])
  return index !== -1 && (version[index] ?? 0) < (than[index] ?? 0)
}
