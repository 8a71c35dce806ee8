import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = new URL('../../../', import.meta.url).pathname

/** Where a program of this folder is when it is compiled. */
export const builtAt = (built: string): string => join(ROOT, 'build', built)

/** Compiles `source` of this folder. Returns why it could not be, or undefined. */
export function compileC(source: string, built: string, options: readonly string[] = []): string | undefined {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const files = ['-o', builtAt(built), join(ROOT, 'scripts/bench', source)]
  const gcc = spawnSync('gcc', ['-O2', ...files, ...options], { encoding: 'utf8' })
  if (gcc.error) return 'gcc is missing (apt-get install gcc libc6-dev)'
  return gcc.status === 0 ? undefined : `gcc failed: ${gcc.stderr.trim()}`
}
