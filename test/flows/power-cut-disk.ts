import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = new URL('../../../', import.meta.url).pathname
const SOURCE = join(ROOT, 'test/flows/power-cut-disk.c')
const LIBRARY = join(ROOT, 'build/power-cut-disk.so')

/** Compiles what writes down a process's writes and syncs. Returns why it could not be, or undefined. */
export function buildDiskLog(): string | undefined {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const options = ['-O2', '-fPIC', '-shared', '-o', LIBRARY, SOURCE, '-ldl', '-lpthread']
  const gcc = spawnSync('gcc', options, { encoding: 'utf8' })
  if (gcc.error) return 'gcc is missing (apt-get install gcc libc6-dev)'
  return gcc.status === 0 ? undefined : `gcc failed: ${gcc.stderr.trim()}`
}

/** For a process whose writes to `directory` are written down in `logFile`. */
export const diskLogEnvironment = (directory: string, logFile: string): Record<string, string> => ({
  LD_PRELOAD: LIBRARY,
  DISK_LOG_DIR: directory,
  DISK_LOG_FILE: logFile,
})

/** How much has been written down: a moment in the life of the disk. */
export const momentOf = (logFile: string): number => statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
