import Database from 'better-sqlite3'

/** Loaded before the daemon, makes it one that believes to be durable and is not: SQLite commits with synchronous=NORMAL. */
const pragma = Database.prototype.pragma
Database.prototype.pragma = function (this: Database.Database, source: string, options?: Database.PragmaOptions) {
  if (source === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options)
  if (source === 'synchronous') return 2
  return pragma.call(this, source, options)
}
