import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { insertPackage, type NewPackage, type PackageRow, packageById } from './package-table.ts'

/** Adds a package; a name that is taken changes nothing. */
export const addPackage = command(
  'packages.add',
  ({ db, nowMs }, input: NewPackage): { outcome: 'added'; row: PackageRow } | { outcome: 'name-taken' } => {
    if (sql(db, 'SELECT 1 FROM packages WHERE name = ?').get(input.name)) return { outcome: 'name-taken' }
    return { outcome: 'added', row: packageById(db, insertPackage(db, input, nowMs)) as PackageRow }
  },
)

export const packageCommands = [addPackage]
