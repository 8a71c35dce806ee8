import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { MlangoError } from './errors.ts'
import { fileFault } from './file-fault.ts'

/** What lies in the data directory. */
export const databaseFileIn = (dataDir: string): string => join(dataDir, 'mlango.db')
/** What `back-up-store` makes, newest and older ones. */
export const backupDirectoryIn = (dataDir: string): string => join(dataDir, 'backups')
/** Where the command line speaks to the running daemon. */
export const controlSocketIn = (dataDir: string): string => join(dataDir, 'mlango.sock')

/** Makes the data directory where there is none. Throws `data-dir-unusable`. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const isFile = (cause as NodeJS.ErrnoException).code === 'EEXIST'
    const why = isFile ? 'it is a file' : fileFault(cause)
    throw new MlangoError('data-dir-unusable', `[storage] data_dir cannot be ${dataDir}: ${why}.`, { cause })
  }
}
