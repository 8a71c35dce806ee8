import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { MlangoError } from '../errors.ts'
import { fileFault } from '../file-fault.ts'

/** A file that the operator named. Throws `file-unreadable`. */
export function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new MlangoError('file-unreadable', `The file ${file} cannot be read: ${fileFault(cause)}.`, { cause })
  }
}

/** A new file for this user alone. Throws `file-unwritable`. */
export function writeSecretFile(file: string, text: string): void {
  requireFolderOf(file)
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    throw new MlangoError('file-unwritable', `The file ${file} cannot be written: ${fileFault(cause)}.`, { cause })
  }
}

/** Throws `folder-missing` for a file that has nowhere to go. */
export function requireFolderOf(file: string): void {
  const folder = dirname(resolve(file))
  if (!existsSync(folder)) throw new MlangoError('folder-missing', `The folder ${folder} does not exist.`)
}
