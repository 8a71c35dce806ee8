import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A Debian that was bootstrapped once; machines get copies. Outside the checkout, so that a fresh clone finds it. */
const CACHE = '/var/tmp/mlango-test/bookworm'
const PACKAGES = 'systemd,systemd-sysv,dbus,libstdc++6'
const BOOT_MS = 60_000

export interface Ran {
  status: number | null
  /** Standard output and error, in the order in which they came. */
  text: string
}

/** Debian with systemd in a container without network, like a box at a site. */
export interface Machine {
  /** Its file system, as the host sees it. */
  readonly tree: string
  boot(): Promise<void>
  /** A shell line in the booted machine. */
  run(line: string): Promise<Ran>
  /** Shuts it down and removes its tree. */
  close(): Promise<void>
}

export const isCached = (): boolean => existsSync(CACHE)

/** Bootstraps the cached tree when there is none: 40 to 80 s. */
export async function openMachine(): Promise<Machine> {
  await mkdir(dirname(CACHE), { recursive: true })
  if (!isCached()) await bootstrap()
  const tree = await mkdtemp(join(dirname(CACHE), 'machine-'))
  await runHere('cp', ['-a', `${CACHE}/.`, tree])
  let nspawn: ChildProcess | undefined
  let leader: string | undefined

  const run = (line: string) => runHere('nsenter', ['-t', leader ?? '', '-a', 'sh', '-c', line])
  return {
    tree,
    run,
    async boot() {
      nspawn = startNspawn(tree)
      leader = await within(BOOT_MS, () => firstChildOf(nspawn))
      await within(BOOT_MS, async () => /running|degraded/.test((await run('systemctl is-system-running')).text))
      await run('ip link set lo up 2>/dev/null || true')
    },
    async close() {
      if (nspawn && nspawn.exitCode === null) {
        const exit = once(nspawn, 'exit')
        nspawn.kill('SIGTERM')
        await exit
      }
      await rm(tree, { recursive: true, force: true })
    },
  }
}

async function bootstrap(): Promise<void> {
  const fresh = await mkdtemp(`${CACHE}-`)
  const made = await runHere('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', fresh])
  if (made.status !== 0) throw new Error(`debootstrap failed: ${made.text.slice(-2_000)}`)
  // Somebody else may have been faster.
  await rename(fresh, CACHE).catch(() => rm(fresh, { recursive: true, force: true }))
}

/** Without a system bus on this side it needs --register=no and --keep-unit. */
function startNspawn(tree: string): ChildProcess {
  const words = ['--quiet', '--boot', '--register=no', '--keep-unit', '--private-network', `--directory=${tree}`]
  // setpriv: should this process die, the machine is powered off and does not stay behind.
  return spawn('setpriv', ['--pdeathsig', 'TERM', 'systemd-nspawn', ...words], {
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
    stdio: 'ignore',
  })
}

async function firstChildOf(parent: ChildProcess | undefined): Promise<string | undefined> {
  const children = await readFile(`/proc/${parent?.pid}/task/${parent?.pid}/children`, 'utf8')
  return children.split(' ').find(Boolean)
}

/** The machine has no way to call us, so this looks again until there is an answer. */
async function within<T>(ms: number, look: () => Promise<T | undefined | false>): Promise<T> {
  const signal = AbortSignal.timeout(ms)
  for (;;) {
    const seen = await look()
    if (seen) return seen
    await pause(50, undefined, { signal })
  }
}

export function runHere(program: string, words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { maxBuffer: 64 << 20 })
    let text = ''
    child.stdout?.on('data', (some) => {
      text += some
    })
    child.stderr?.on('data', (some) => {
      text += some
    })
    child.on('error', (error) => resolve({ status: null, text: error.message }))
    child.on('close', (status) => resolve({ status, text }))
  })
}

/** The checkout as it is built now, in a folder of its own. */
export async function copyCheckout(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, preserveTimestamps: true, filter: (path) => !path.endsWith('/.git') })
}
