import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { asError } from '../errors.ts'
import type { Db } from '../store/database.ts'
import { newestSchema } from '../store/migrate.ts'
import { type Finding, findingsAbout } from './finding.ts'

/** With less the next weeks' journal, log and write-ahead log may not find room. */
const LEAST_FREE_BYTES = 200 * 1024 * 1024

const database = findingsAbout('database')

const restore = 'Stop the service, keep the file for later, and put a good copy in its place.'

/** `open` gives a connection that only reads. A database that is not `sound` is better not asked for anything. */
export function lookAtDatabase(file: string, open: () => Db): { sound: boolean; findings: Finding[] } {
  if (!existsSync(file)) {
    return { sound: false, findings: [database.leftOut(`There is no ${file} yet; the first start makes it.`)] }
  }
  const fault = faultOf(file, open)
  return { sound: !fault, findings: [fault ?? database.well(`${file} is sound.`)] }
}

function faultOf(file: string, open: () => Db): Finding | undefined {
  let db: Db | undefined
  try {
    db = open()
    const schema = Number(db.pragma('user_version', { simple: true }))
    if (schema > newestSchema) {
      const says = `It has schema ${schema}, and this release knows ${newestSchema}.`
      return database.wrong(says, 'Install the newer release that wrote it.')
    }
    const damage = String(db.pragma('integrity_check(1)', { simple: true })).split('\n')[0]
    if (damage !== 'ok') return database.wrong(`${file} is damaged: ${damage}`, restore)
    const [orphan] = db.pragma('foreign_key_check') as { table: string; parent: string }[]
    if (!orphan) return undefined
    return database.wrong(`A row of ${orphan.table} refers to one of ${orphan.parent} that is not there.`, restore)
  } catch (thrown) {
    return database.wrong(`${file} cannot be read: ${asError(thrown).message}`, restore)
  } finally {
    db?.close()
  }
}

/** Whether what is written of the money is what was written: `fault` says what shows that it is not. */
export function lookAtHistory(fault: string | undefined): Finding[] {
  const todo =
    'Somebody has changed the file. Keep it, and hold it against a backup and the day reports that the cloud has.'
  return [fault === undefined ? database.well('The history of money holds.') : database.wrong(fault, todo)]
}

/** How much room the disk has for what is still to come. */
export function lookAtRoom(dir: string): Finding[] {
  const there = firstThere(dir)
  if (!statSync(there).isDirectory())
    return [database.wrong(`${there} is a file.`, `Name a folder in [storage] data_dir; it says ${dir}.`)]
  if (there !== dir) return [database.leftOut(`There is no ${dir} yet.`)]
  const { bavail, bsize } = statfsSync(dir)
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB are free on the disk of ${dir}.`
  return bavail * bsize >= LEAST_FREE_BYTES
    ? [database.well(free)]
    : [
        database.wrong(
          `Only ${free}`,
          'Make room: old logs (`journalctl --vacuum-size=100M`), packages (`apt-get clean`).',
        ),
      ]
}

/** The path, or what of it is there. */
const firstThere = (path: string): string => (existsSync(path) ? path : firstThere(dirname(path)))
