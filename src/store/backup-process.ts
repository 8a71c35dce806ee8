import { asError, MlangoError } from '../errors.ts'
import { backUp } from './backups.ts'
import { goBehindOthers } from './behind-others.ts'

/**
 * A process for one backup, of the database and into the directory that its arguments name: copying blocks for as long as it takes,
 * nobody may wait for it, and a stop of the daemon can end it at any moment.
 */
goBehindOthers()
const [databaseFile = '', directory = ''] = process.argv.slice(2)
try {
  process.send?.({ ok: true, value: backUp({ databaseFile, directory }) })
} catch (thrown) {
  const error = asError(thrown)
  const code = error instanceof MlangoError ? error.code : 'internal'
  process.send?.({ ok: false, code, message: error.message })
}
process.disconnect?.()
