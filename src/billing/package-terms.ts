import { command } from '../flow/command.ts'
import { ORDER_TERM_COLUMNS, type OrderTerms } from '../flow/order-terms.ts'
import { type Db, sql } from '../store/database.ts'
import { packageById } from './package-table.ts'

/** What a package says beyond time, data and speed. */
export interface PackageTerms extends OrderTerms {
  /** Whether its holder may stop its clock. */
  pausable: boolean
  /** Whether its clock stands still while nobody is online with it. */
  pausesOffline: boolean
}

type Pausing = 'pausable' | 'pausesOffline'

const COLUMNS: Record<keyof PackageTerms, string> = {
  pausable: 'pausable',
  pausesOffline: 'pauses_offline',
  ...ORDER_TERM_COLUMNS,
}
const FIELD_NAMES = Object.keys(COLUMNS) as (keyof PackageTerms)[]
const COLUMN_NAMES = Object.values(COLUMNS)
const SELECTED = FIELD_NAMES.map((field) => `${COLUMNS[field]} AS ${field}`).join(', ')

export const NO_TERMS: PackageTerms = {
  ...(Object.fromEntries(FIELD_NAMES.map((field) => [field, null])) as unknown as OrderTerms),
  pausable: false,
  pausesOffline: false,
}

export function termsOfPackage(db: Db, packageId: number): PackageTerms {
  const row = sql(db, `SELECT ${SELECTED} FROM package_terms WHERE package_id = ?`).get(packageId) as
    | (OrderTerms & Record<Pausing, 0 | 1>)
    | undefined
  return row ? { ...row, pausable: row.pausable === 1, pausesOffline: row.pausesOffline === 1 } : NO_TERMS
}

/** As an order for access carries them: what is bought keeps the terms under which it was sold. */
export function orderTerms(db: Db, packageId: number): Pick<PackageTerms, Pausing> & { terms?: OrderTerms } {
  const { pausable, pausesOffline, ...terms } = termsOfPackage(db, packageId)
  const pausing = { pausable, pausesOffline }
  return Object.values(terms).some((value) => value !== null) ? { ...pausing, terms } : pausing
}

/** Replaces all terms of a package, for what is sold from now on. */
export const setPackageTerms = command(
  'packages.set-terms',
  ({ db }, { packageId, terms }: { packageId: number; terms: PackageTerms }): 'set' | 'unknown' => {
    if (!packageById(db, packageId)) return 'unknown'
    sql(
      db,
      `INSERT INTO package_terms (package_id, ${COLUMN_NAMES.join(', ')}) VALUES (:packageId, ${FIELD_NAMES.map((field) => `:${field}`).join(', ')})
       ON CONFLICT (package_id) DO UPDATE SET ${COLUMN_NAMES.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    ).run({ ...terms, pausable: terms.pausable ? 1 : 0, pausesOffline: terms.pausesOffline ? 1 : 0, packageId })
    return 'set'
  },
)
