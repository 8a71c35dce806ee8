import { resolve } from 'node:path'
import { daemonOrders } from '../daemon-orders.ts'
import { type Command, readWords } from './command.ts'
import { findConfigSource } from './find-config.ts'
import { requireFolderOf } from './named-files.ts'
import { print } from './print.ts'

const backup: Command = {
  name: 'backup',
  usage: 'FILE|FOLDER',
  summary: 'copy the whole database into FILE, or into a new file in FOLDER; the daemon may run',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['FILE'])
    const dataDir = findConfigSource(options.config).dataDir()
    requireFolderOf(positionals[0] ?? '')
    const { backUpTo } = await import('../backup.ts')
    const made = backUpTo(resolve(positionals[0] ?? ''), dataDir)
    print(options.json, made, () => [`${made.file}: ${made.bytes} bytes, read back and sound.`])
    return 0
  },
}

const restore: Command = {
  name: 'restore',
  usage: 'FILE',
  summary: 'take FILE for the database at the next start; the present one is kept aside',
  async run(words) {
    const { options, positionals } = readWords(words, {}, ['FILE'])
    const dataDir = findConfigSource(options.config).dataDir()
    const { restoreFrom } = await import('../backup.ts')
    const file = resolve(positionals[0] ?? '')
    restoreFrom(file, dataDir, Date.now())
    print(options.json, { file, restored_at: 'next-start' }, () => [
      `${file} is sound. It takes the place of the database at the next start: ${daemonOrders().restart}.`,
      'What happened after it was made will be missing; the present database is put aside, not deleted.',
    ])
    return 0
  },
}

export const backupCommands = [backup, restore]
