import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { percentile } from './percentile.ts'

/** What the numbers were taken on. `load` is of the minute before; above 0.5 somebody else was at work. */
export interface Machine {
  cpu: string
  cores: number
  memory_mb: number
  system: string
  node: string
  load: number
  fsync_p50_ms: number
}

const SYNCS = 50
const PAGE_BYTES = 4096

/** `directory`: where the benchmark's databases lie. */
export function describeMachine(directory: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory_mb: Math.round(totalmem() / 1024 ** 2),
    system: systemName(),
    node: process.versions.node,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    fsync_p50_ms: fsyncMs(directory),
  }
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux'
  } catch {
    return 'Linux'
  }
}

function fsyncMs(directory: string): number {
  const scratch = mkdtempSync(join(directory, 'fsync-'))
  const file = openSync(join(scratch, 'page'), 'w')
  const page = Buffer.alloc(PAGE_BYTES, 1)
  const times = Array.from({ length: SYNCS }, () => {
    const startedMs = performance.now()
    writeSync(file, page)
    fsyncSync(file)
    return performance.now() - startedMs
  })
  closeSync(file)
  rmSync(scratch, { recursive: true })
  return Math.round(percentile(times, 50) * 1000) / 1000
}
