import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { packageById } from './package-table.ts'

/** What a package says beyond time, data and speed. Speeds in kbit/s, null = says nothing about it. */
export interface PackageTerms {
  /** Whether its holder may stop its clock. */
  pausable: boolean
  /** Whether its clock stands still while nobody is online with it. */
  pausesOffline: boolean
  /** A higher speed for `burstSeconds` after a quiet time. */
  burstDownKbps: number | null
  burstUpKbps: number | null
  burstSeconds: number | null
  idleTimeoutSeconds: number | null
  /** From so many bytes on, the fair-use speed instead of an end. */
  fairUseBytes: number | null
  fairUseDownKbps: number | null
  fairUseUpKbps: number | null
}

type Pausing = 'pausable' | 'pausesOffline'

const COLUMNS = `pausable, pauses_offline AS pausesOffline, burst_down_kbps AS burstDownKbps, burst_up_kbps AS burstUpKbps, burst_seconds AS burstSeconds,
  idle_timeout_seconds AS idleTimeoutSeconds, fair_use_bytes AS fairUseBytes, fair_use_down_kbps AS fairUseDownKbps,
  fair_use_up_kbps AS fairUseUpKbps`

export const NO_TERMS: PackageTerms = {
  pausable: false,
  pausesOffline: false,
  burstDownKbps: null,
  burstUpKbps: null,
  burstSeconds: null,
  idleTimeoutSeconds: null,
  fairUseBytes: null,
  fairUseDownKbps: null,
  fairUseUpKbps: null,
}

export function termsOfPackage(db: Db, packageId: number): PackageTerms {
  const row = sql(db, `SELECT ${COLUMNS} FROM package_terms WHERE package_id = ?`).get(packageId) as
    | (Omit<PackageTerms, Pausing> & Record<Pausing, 0 | 1>)
    | undefined
  return row ? { ...row, pausable: row.pausable === 1, pausesOffline: row.pausesOffline === 1 } : NO_TERMS
}

/** As an order for access carries them: what is bought keeps the terms under which it was sold. */
export function orderTerms(
  db: Db,
  packageId: number,
): Pick<PackageTerms, Pausing> & { terms?: Omit<PackageTerms, Pausing> } {
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
      `INSERT INTO package_terms (package_id, pausable, pauses_offline, burst_down_kbps, burst_up_kbps, burst_seconds, idle_timeout_seconds,
         fair_use_bytes, fair_use_down_kbps, fair_use_up_kbps)
       VALUES (:packageId, :pausable, :pausesOffline, :burstDownKbps, :burstUpKbps, :burstSeconds, :idleTimeoutSeconds, :fairUseBytes,
         :fairUseDownKbps, :fairUseUpKbps)
       ON CONFLICT (package_id) DO UPDATE SET pausable = excluded.pausable, pauses_offline = excluded.pauses_offline, burst_down_kbps = excluded.burst_down_kbps,
         burst_up_kbps = excluded.burst_up_kbps, burst_seconds = excluded.burst_seconds,
         idle_timeout_seconds = excluded.idle_timeout_seconds, fair_use_bytes = excluded.fair_use_bytes,
         fair_use_down_kbps = excluded.fair_use_down_kbps, fair_use_up_kbps = excluded.fair_use_up_kbps`,
    ).run({ ...terms, pausable: terms.pausable ? 1 : 0, pausesOffline: terms.pausesOffline ? 1 : 0, packageId })
    return 'set'
  },
)
