import { writeFileSync } from 'node:fs'
import { builtAt, compileC } from './compile-c.ts'

/** A disk whose syncs take longer, for one process that is started with `environment`. */
export interface SlowDisk {
  environment: Record<string, string>
  /** Added to every fsync from now on. */
  setDelayMs(delayMs: number): void
}

const LIBRARY = 'slow-disk.so'

/** Compiles the library. Returns why it could not be, or undefined. */
export const buildSlowDisk = (): string | undefined => compileC('slow-disk.c', LIBRARY, ['-fPIC', '-shared', '-ldl'])

/** Slows what is under `dataDir`; `controlFile` lies outside of it. */
export function openSlowDisk({ dataDir, controlFile }: { dataDir: string; controlFile: string }): SlowDisk {
  const setDelayMs = (delayMs: number) => writeFileSync(controlFile, String(delayMs))
  setDelayMs(0)
  return {
    environment: { LD_PRELOAD: builtAt(LIBRARY), MLANGO_FSYNC_DIR: dataDir, MLANGO_FSYNC_DELAY_FILE: controlFile },
    setDelayMs,
  }
}
