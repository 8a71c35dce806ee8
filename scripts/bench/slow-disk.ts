import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A disk whose syncs take longer, for one process that is started with `environment`. */
export interface SlowDisk {
  environment: Record<string, string>
  /** Added to every fsync from now on. */
  setDelayMs(delayMs: number): void
}

const ROOT = new URL('../../../', import.meta.url).pathname
const SOURCE = join(ROOT, 'scripts/bench/slow-disk.c')
const LIBRARY = join(ROOT, 'build/slow-disk.so')

/** Compiles the library. Returns why it could not be, or undefined. */
export function buildSlowDisk(): string | undefined {
  mkdirSync(join(ROOT, 'build'), { recursive: true })
  const gcc = spawnSync('gcc', ['-O2', '-fPIC', '-shared', '-o', LIBRARY, SOURCE, '-ldl'], { encoding: 'utf8' })
  if (gcc.error) return 'gcc is missing (apt-get install gcc libc6-dev)'
  return gcc.status === 0 ? undefined : `gcc failed: ${gcc.stderr.trim()}`
}

/** Slows what is under `dataDir`; `controlFile` lies outside of it. */
export function openSlowDisk({ dataDir, controlFile }: { dataDir: string; controlFile: string }): SlowDisk {
  const setDelayMs = (delayMs: number) => writeFileSync(controlFile, String(delayMs))
  setDelayMs(0)
  return {
    environment: { LD_PRELOAD: LIBRARY, MLANGO_FSYNC_DIR: dataDir, MLANGO_FSYNC_DELAY_FILE: controlFile },
    setDelayMs,
  }
}
