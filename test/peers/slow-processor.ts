import { readFileSync } from 'node:fs'

const RUNS_MS = 5
/** For each millisecond that it ran: on a busy machine a turn ends late. */
const STOPS_MS = 12

/** How the kernel shortens a program's name. */
const KNOWN_LETTERS = 15

/**
 * Gives every process of this program that descends from `root`, those to come as well, less than a tenth of a core: they are stopped and let go
 * on again many times a second. Returns how to let them run.
 */
export function slowDown(root: number, program: string): () => void {
  const stopped = new Set<number>()
  let timer: NodeJS.Timeout
  let sinceMs = performance.now()

  function letRun(): void {
    for (const pid of stopped) signal(pid, 'SIGCONT')
    stopped.clear()
    sinceMs = performance.now()
    timer = setTimeout(halt, RUNS_MS)
  }

  function halt(): void {
    for (const pid of descendants(root)) if (isProgram(pid, program) && signal(pid, 'SIGSTOP')) stopped.add(pid)
    timer = setTimeout(letRun, (performance.now() - sinceMs) * STOPS_MS)
  }

  function end(): void {
    clearTimeout(timer)
    letRun()
    clearTimeout(timer)
    process.off('exit', end)
  }

  process.on('exit', end)
  halt()
  return end
}

function descendants(pid: number): number[] {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number)
  return children.flatMap((child) => [child, ...descendants(child)])
}

const isProgram = (pid: number, program: string) =>
  read(`/proc/${pid}/comm`)?.trimEnd() === program.slice(0, KNOWN_LETTERS)

/** Undefined when the process is gone. */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** False when the process is gone. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
