import { join } from 'node:path'

/** What lies in the data directory. */
export const databaseFileIn = (dataDir: string): string => join(dataDir, 'mlango.db')
/** Where the command line speaks to the running daemon. */
export const controlSocketIn = (dataDir: string): string => join(dataDir, 'mlango.sock')
