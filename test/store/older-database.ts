import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Db, openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'

/** An empty database as the release that knew this schema left it, until the test is over. */
export function openOlderDatabase(t: TestContext, schema: number): Db {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-older-'))
  const db = openWriter(join(directory, 'mlango.db'))
  t.after(() => {
    db.close()
    rmSync(directory, { recursive: true })
  })
  migrate(db, schema)
  return db
}

export function addPackage(db: Db): void {
  db.exec(`INSERT INTO packages (id, name, type, price_cents, currency, duration_seconds, created_at_ms)
    VALUES (1, 'One hour', 'hotspot', 2000, 'KES', 3600, 1)`)
}
