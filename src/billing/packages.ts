import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { insertPackage, type NewPackage, type PackageRow, packageById, updatePackage } from './package-table.ts'
import { NO_TERMS, type PackageTerms, setPackageTerms } from './package-terms.ts'

/** A trial is given to a phone and its device; a PPPoE account is opened by who pays for it. */
const isFreePppoe = ({ type, priceCents }: Pick<PackageRow, 'type' | 'priceCents'>) =>
  type === 'pppoe' && priceCents === 0

/** Whether the time to use it is shorter than what is sold: whoever uses it without a break must get all of it. */
const isValidTooShort = ({ validSeconds, durationSeconds }: Pick<NewPackage, 'validSeconds' | 'durationSeconds'>) =>
  validSeconds != null && validSeconds < durationSeconds

type Refusal = 'name-taken' | 'only-hotspot-free' | 'valid-too-short'

/** Adds a package, with what it says beyond time, data and speed; a name that is taken changes nothing. */
export const addPackage = command(
  'packages.add',
  (
    context,
    { terms, ...input }: NewPackage & { terms?: Partial<PackageTerms> },
  ): { outcome: 'added'; row: PackageRow } | { outcome: Refusal } => {
    const { db, nowMs } = context
    if (isFreePppoe(input)) return { outcome: 'only-hotspot-free' }
    if (isValidTooShort(input)) return { outcome: 'valid-too-short' }
    if (sql(db, 'SELECT 1 FROM packages WHERE name = ?').get(input.name)) return { outcome: 'name-taken' }
    const packageId = insertPackage(db, input, nowMs)
    if (terms) setPackageTerms.run(context, { packageId, terms: { ...NO_TERMS, ...terms } })
    return { outcome: 'added', row: packageById(db, packageId) as PackageRow }
  },
)

export type PackageChange = {
  [Field in keyof Omit<PackageRow, 'id' | 'type' | 'currency'>]?: PackageRow[Field] | undefined
}

/** What is left out stays. */
export const changePackage = command(
  'packages.change',
  (
    { db },
    { packageId, change }: { packageId: number; change: PackageChange },
  ): { outcome: 'changed'; row: PackageRow } | { outcome: 'unknown' | Refusal } => {
    const row = packageById(db, packageId)
    if (!row) return { outcome: 'unknown' }
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const changed: PackageRow = { ...row, ...given }
    if (sql(db, 'SELECT 1 FROM packages WHERE name = ? AND id <> ?').get(changed.name, packageId)) {
      return { outcome: 'name-taken' }
    }
    if (isFreePppoe(changed)) return { outcome: 'only-hotspot-free' }
    if (isValidTooShort(changed)) return { outcome: 'valid-too-short' }
    updatePackage(db, changed)
    return { outcome: 'changed', row: changed }
  },
)

/** A package that was sold, given or printed on a voucher stays for the books. */
export const removePackage = command(
  'packages.remove',
  ({ db }, { packageId }: { packageId: number }): 'removed' | 'unknown' | 'in-use' => {
    try {
      return sql(db, 'DELETE FROM packages WHERE id = ?').run(packageId).changes > 0 ? 'removed' : 'unknown'
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return 'in-use'
      throw thrown
    }
  },
)

export const packageCommands = [addPackage, changePackage, removePackage]
