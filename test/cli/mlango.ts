import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const MAIN = new URL('../../app/main.js', import.meta.url).pathname

type Environment = Record<string, string>

function start(words: readonly string[], environment: Environment) {
  const env = { PATH: process.env.PATH ?? '', ...environment }
  return spawn(process.execPath, [MAIN, ...words], { env, stdio: 'pipe' })
}

/** Runs one command to its end, as a person would. */
export async function mlango(words: readonly string[], environment: Environment = {}, input = '') {
  const child = start(words, environment)
  child.stdin.end(input)
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return {
    status: status as number | null,
    stdout,
    stderr,
    /** What `--json` printed. */
    // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
    get json(): any {
      return JSON.parse(stdout)
    },
  }
}

/** Types a command at a terminal, shown by `script`: what comes out is what the screen shows. */
export function mlangoAtTerminal(words: readonly string[], environment: Environment) {
  const line = [process.execPath, MAIN, ...words].join(' ')
  const env = { PATH: process.env.PATH ?? '', ...environment }
  const terminal = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env, stdio: 'pipe' })
  let shown = ''
  let look = () => {}
  terminal.stdout.setEncoding('utf8').on('data', (piece: string) => {
    shown += piece
    look()
  })
  const ended = once(terminal, 'exit').then(([status]) => status as number | null)
  return {
    type: (keys: string) => terminal.stdin.write(keys),
    /** Resolves when the screen shows it. */
    async sees(words: string): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      look = () => {
        if (shown.includes(words)) resolve()
      }
      look()
      await Promise.race([promise, ended])
      if (!shown.includes(words)) throw new Error(`the terminal shows: ${shown}`)
    },
    async end() {
      return { status: await ended, shown }
    },
  }
}

/** Runs a command that goes on until it is told to stop. */
export function startMlango(words: readonly string[], environment: Environment = {}) {
  const child = start(words, environment)
  child.stdin.end()
  const lines: string[] = []
  const complaints = text(child.stderr)
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const ended = once(child, 'exit').then(([status]) => status as number | null)
  return {
    pid: child.pid ?? 0,
    lines,
    /** The first line that matches, printed already or still to come. */
    async line(pattern: RegExp): Promise<string> {
      const { promise, resolve } = Promise.withResolvers<string>()
      const look = () => {
        const found = lines.find((line) => pattern.test(line))
        if (found !== undefined) resolve(found)
      }
      waiting.add(look)
      look()
      const over = ended.then(async (status) => {
        look()
        throw new Error(`it ended with ${status}: ${await complaints}`)
      })
      over.catch(() => {})
      return Promise.race([promise, over]).finally(() => waiting.delete(look))
    },
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** As Ctrl-C does; resolves to the exit status. */
    async interrupt(): Promise<number | null> {
      child.kill('SIGINT')
      return ended
    },
  }
}
