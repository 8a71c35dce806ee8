import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const NODE = process.execPath
/** As long as systemd waits (TimeoutStopSec). */
const PATIENCE_MS = 15_000
const CLOCK_AHEAD = new URL('./clock-ahead.js', import.meta.url).pathname
const MAIN = new URL('../../app/main.js', import.meta.url).pathname

/** `mlango serve` as a process of its own, which can be killed like a box that loses power. */
export interface Daemon {
  /** JSON lines of its log, oldest first. */
  readonly log: Record<string, unknown>[]
  readonly exited: boolean
  /** Resolves when it is gone, by itself or killed. */
  readonly ended: Promise<unknown>
  /** SIGKILL: no chance to say goodbye. */
  kill(): Promise<void>
  /** SIGTERM; resolves to the exit status, null when it had to be killed after all. */
  stop(): Promise<number | null>
}

/**
 * Resolves when it says that it is ready; rejects with its last words when it ends before. `clockAheadMs`: so much later is it on
 * the box than here, as if it had stood without power for that time.
 */
export async function startDaemon(
  environment: Record<string, string>,
  { clockAheadMs }: { clockAheadMs?: number } = {},
): Promise<Daemon> {
  const later = clockAheadMs === undefined ? {} : { CLOCK_AHEAD_MS: String(clockAheadMs) }
  const preload = clockAheadMs === undefined ? [] : ['--import', CLOCK_AHEAD]
  const child = spawn(NODE, [...preload, MAIN, 'serve'], {
    env: { PATH: process.env.PATH ?? '', ...environment, ...later },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: Record<string, unknown>[] = []
  const complaints: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line))
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = parse(line)
      log.push(entry)
      if (entry.msg === 'ready') resolve()
    })
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}: ${complaints.join('\n')}`)))
  })
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (hasEnded(child)) return child.exitCode
    const exit = once(child, 'exit')
    child.kill(signal)
    const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
    await exit
    clearTimeout(patience)
    return child.exitCode
  }
  await ready
  const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit')
  return {
    log,
    ended,
    get exited() {
      return hasEnded(child)
    },
    async kill() {
      await end('SIGKILL')
    },
    stop: () => end('SIGTERM'),
  }
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

function parse(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line)
  } catch {
    return { msg: line }
  }
}
