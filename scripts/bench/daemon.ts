import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** `mlango serve` as an operator starts it. */
export interface Daemon {
  /** From the spawn to the log line `ready`. */
  readonly readyMs: number
  /** Resident memory, MB of 1024 x 1024 bytes. `peak` is the most it ever was. */
  memoryMb(): { resident: number; peak: number }
  /** Processor time of all its threads since the start. */
  cpuMs(): number
  /** SIGTERM; resolves with the time until it was gone. Throws unless it ended with status 0. */
  stop(): Promise<number>
}

const COMMAND = join(new URL('../../../', import.meta.url).pathname, 'scripts/mlango')
/** Linux counts processor time for programs in hundredths of a second. */
const MS_PER_TICK = 10
const KEPT_LOG_CHUNKS = 50

export async function startDaemon(environment: Record<string, string>): Promise<Daemon> {
  const startedMs = performance.now()
  const child = spawn(COMMAND, ['serve'], {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  // Not parsed line by line: this process shares the cores with the daemon.
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said.push(chunk)
      if (said.length > KEPT_LOG_CHUNKS) said.shift()
    })
  }
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (!said.join('').includes('"msg":"ready"')) return
      child.stdout.off('data', look)
      resolve()
    }
    child.stdout.on('data', look)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${said.join('')}`)))
  })
  const readyMs = performance.now() - startedMs

  return {
    readyMs,
    memoryMb() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
      return { resident: megabytes('VmRSS'), peak: megabytes('VmHWM') }
    },
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async stop() {
      const stoppingMs = performance.now()
      if (!hasEnded(child)) {
        const exit = once(child, 'exit')
        child.kill('SIGTERM')
        await exit
      }
      if (child.exitCode !== 0) {
        throw new Error(`the daemon ended with ${child.exitCode ?? child.signalCode}: ${said.join('').slice(-2000)}`)
      }
      return performance.now() - stoppingMs
    },
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

/** Processor time that a process has used since its start. */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}
