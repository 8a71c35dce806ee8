import { join } from 'node:path'

/** What lies in the data directory. */
export const databaseFileIn = (dataDir: string): string => join(dataDir, 'mlango.db')
/** What `back-up-store` makes, newest and older ones. */
export const backupDirectoryIn = (dataDir: string): string => join(dataDir, 'backups')
/** Where the command line speaks to the running daemon. */
export const controlSocketIn = (dataDir: string): string => join(dataDir, 'mlango.sock')
