import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSlowDisk } from './slow-disk.ts'

/** The servers that some peers need, in directories of their own, for nobody else. */
export interface QueueServers {
  redisSocket: string
  /** A new database, empty. */
  newDatabase(): string
  setDelayMs(delayMs: number): void
  stop(): Promise<void>
}

const LOOK_MS = 50
const START_MS = 20_000

/** Resolves when both answer. Throws when a program is missing: the script installs them. */
export async function startServers(directory: string, slowDisk: boolean): Promise<QueueServers> {
  // PostgreSQL will not run as root, so it must get in as another.
  chmodSync(directory, 0o755)
  const redis = await startRedis(join(directory, 'redis'), slowDisk)
  const postgres = await startPostgres(join(directory, 'postgres'), slowDisk)
  let databases = 0
  return {
    redisSocket: redis.socket,
    newDatabase() {
      databases += 1
      postgres.query(`CREATE DATABASE bench${databases}`)
      return `postgresql://postgres@/bench${databases}?host=${postgres.socketDir}`
    },
    setDelayMs(delayMs) {
      redis.setDelayMs(delayMs)
      postgres.setDelayMs(delayMs)
    },
    async stop() {
      await Promise.all([end(redis.child, 'SIGKILL'), end(postgres.child, 'SIGINT')])
    },
  }
}

/** Redis on a socket; every command is on disk before it is answered. */
async function startRedis(directory: string, slowDisk: boolean) {
  mkdirSync(directory)
  const disk = diskOf(directory, slowDisk)
  const socket = join(directory, 'redis.sock')
  const words = ['--port 0', `--unixsocket ${socket}`, `--dir ${directory}`, '--save ""', '--appendonly yes']
  const more = ['--appendfsync always', '--maxmemory-policy noeviction', '--auto-aof-rewrite-percentage 0']
  const args = [...words, ...more].flatMap((word) => word.split(' '))
  const child = spawn(
    'redis-server',
    args.map((word) => (word === '""' ? '' : word)),
    { stdio: 'ignore', env: { PATH: process.env.PATH ?? '', ...disk.environment } },
  )
  await until('redis-server', child, () => existsSync(socket))
  return { child, socket, setDelayMs: disk.setDelayMs }
}

/** PostgreSQL as Debian ships it: fsync and synchronous_commit are on. */
async function startPostgres(directory: string, slowDisk: boolean) {
  mkdirSync(directory)
  const postgres = postgresUser()
  chownSync(directory, postgres.uid, postgres.gid)
  const disk = diskOf(directory, slowDisk)
  const bin = newestPostgres()
  const as = { ...postgres, stdio: 'ignore' as const, cwd: directory }
  const data = join(directory, 'data')
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '-N'], as)
  if (made.status !== 0) throw new Error(`initdb ended with ${made.status}`)
  const settings = ['listen_addresses=', `unix_socket_directories=${directory}`, 'max_connections=60']
  const child = spawn(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
    ...as,
    env: { PATH: process.env.PATH ?? '', ...disk.environment },
  })
  const psql = (query: string) =>
    spawnSync(join(bin, 'psql'), ['-h', directory, '-U', 'postgres', '-qc', query], {
      encoding: 'utf8',
      cwd: directory,
    })
  await until('postgres', child, () => psql('SELECT 1').status === 0)
  return {
    child,
    socketDir: directory,
    setDelayMs: disk.setDelayMs,
    query(text: string) {
      const { status, stderr } = psql(text)
      if (status !== 0) throw new Error(`psql: ${stderr}`)
    },
  }
}

function diskOf(directory: string, slow: boolean) {
  if (!slow) return { environment: {}, setDelayMs() {} }
  const disk = openSlowDisk({ dataDir: directory, controlFile: `${directory}-delay-ms` })
  const library = `${directory}-slow-disk.so`
  // The checkout may lie where the server's user cannot go.
  copyFileSync(disk.environment.LD_PRELOAD ?? '', library)
  return { environment: { ...disk.environment, LD_PRELOAD: library }, setDelayMs: disk.setDelayMs }
}

function postgresUser(): { uid: number; gid: number } {
  const line = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))
  if (!line) throw new Error('there is no user postgres: apt-get install postgresql')
  return process.getuid?.() === 0
    ? { uid: Number(line[1]), gid: Number(line[2]) }
    : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
}

function newestPostgres(): string {
  const root = '/usr/lib/postgresql'
  const newest = existsSync(root) && readdirSync(root).sort((a, b) => Number(b) - Number(a))[0]
  if (!newest) throw new Error('PostgreSQL is missing: apt-get install postgresql')
  return join(root, newest, 'bin')
}

async function until(name: string, child: ChildProcess, isReady: () => boolean): Promise<void> {
  let failure: string | undefined
  child.once('error', (error) => {
    failure = error.message
  })
  child.once('exit', (code) => {
    failure = `it ended with ${code}`
  })
  for (let waitedMs = 0; !isReady(); waitedMs += LOOK_MS) {
    if (failure !== undefined || waitedMs > START_MS) throw new Error(`${name}: ${failure ?? 'does not answer'}`)
    await sleep(LOOK_MS)
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}
