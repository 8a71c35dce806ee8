import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { freePort } from '../flows/free-port.ts'

const PROGRAM = ['mosquitto', '/usr/sbin/mosquitto'].find((program) => !spawnSync(program, ['-h']).error)

/** For `skip`: why the suite cannot run here, or false. */
export const noMosquitto =
  PROGRAM !== undefined && !spawnSync('mosquitto_sub', ['--help']).error
    ? false
    : 'mosquitto and mosquitto-clients are not installed'

export interface Mosquitto {
  readonly port: number
  /** A folder for what the configuration names. */
  readonly folder: string
  /** SIGKILL: nothing is said, nothing is saved. */
  kill(): Promise<void>
  up(): Promise<void>
  /** Reads its passwords and rights anew. */
  reload(): void
}

/** A real broker on a free port of loopback that keeps nothing on disk. `lines` are added to its configuration. */
export async function startMosquitto(
  t: TestContext,
  lines: (folder: string) => string[] = () => ['allow_anonymous true'],
): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'mlango-mosquitto-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  // Started by root it would become a user who cannot read this folder.
  const head = ['user root', 'persistence false', `listener ${port} 127.0.0.1`, 'set_tcp_nodelay true']
  writeFileSync(config, [...head, ...lines(folder), ''].join('\n'))
  let running: ChildProcess | undefined

  async function up(): Promise<void> {
    const started = spawn(PROGRAM ?? 'mosquitto', ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] })
    running = started
    const said: string[] = []
    for await (const line of createInterface({ input: started.stderr })) {
      said.push(line)
      if (line.endsWith(' running')) {
        started.stderr.resume()
        return
      }
    }
    throw new Error(`mosquitto did not start: ${said.join('; ')}`)
  }

  async function kill(): Promise<void> {
    const dying = running
    running = undefined
    if (!dying || dying.exitCode !== null) return
    const gone = once(dying, 'exit')
    dying.kill('SIGKILL')
    await gone
  }

  await up()
  t.after(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  return { port, folder, kill, up, reload: () => void running?.kill('SIGHUP') }
}

/** One retained message, as mosquitto's own client sees it. */
export async function retained(port: number, topic: string): Promise<string> {
  const client = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(port), '-t', topic, '-C', '1', '-W', '10'])
  const chunks: Buffer[] = []
  client.stdout.on('data', (chunk) => chunks.push(chunk))
  await once(client, 'close')
  return Buffer.concat(chunks).toString().trim()
}
