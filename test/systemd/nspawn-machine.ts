import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
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
  /** A shell line while it is off: no systemd runs. */
  runOffline(line: string): Promise<Ran>
  boot(): Promise<void>
  /** A shell line in the booted machine. */
  run(line: string): Promise<Ran>
  /** Shuts it down and removes its tree. */
  close(): Promise<void>
}

const isCached = (): boolean => existsSync(CACHE)

/** Its /root/mlango is a copy of the checkout, as it is built now. Bootstraps the cached tree when there is none: 40 to 80 s. */
export async function openMachine(checkout: string): Promise<Machine> {
  await mkdir(dirname(CACHE), { recursive: true })
  if (!isCached()) await bootstrap()
  const tree = await mkdtemp(join(dirname(CACHE), 'machine-'))
  await runHere('cp', ['-a', `${CACHE}/.`, tree])
  await copyCheckout(checkout, join(tree, 'root/mlango'))
  // Without a system bus on this side it needs --register=no and --keep-unit.
  const nspawnWords = ['--quiet', '--register=no', '--keep-unit', '--private-network', `--directory=${tree}`]
  nspawnWords.push(`--bind-ro=${join(checkout, 'node_modules')}:/root/mlango/node_modules`)
  let nspawn: ChildProcess | undefined
  let leader = ''

  // What this side's environment names is not in there.
  const inside = { PATH: process.env.PATH }
  const run = (line: string) => runHere('nsenter', ['-t', leader, '-a', 'sh', '-c', line], inside)
  const isUp = async () => {
    // The first children of nspawn only prepare the last one.
    leader = await firstChildOf(nspawn)
    return /^(running|degraded)$/m.test((await run('systemctl is-system-running')).text)
  }
  return {
    tree,
    run,
    runOffline: (line) => runHere('systemd-nspawn', [...nspawnWords, '--pipe', 'sh', '-c', line]),
    async boot() {
      // setpriv: should this process die, the machine is powered off and does not stay behind.
      nspawn = spawn('setpriv', ['--pdeathsig', 'TERM', 'systemd-nspawn', '--boot', ...nspawnWords], {
        env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
        stdio: 'ignore',
      })
      await untilTrue(isUp, BOOT_MS)
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

/** Without the packages, which are bound into the machine, and what else is large and not needed. */
async function copyCheckout(from: string, to: string): Promise<void> {
  const leftOut = ['node_modules', '.git'].map((name) => join(from, name))
  await cp(from, to, { recursive: true, preserveTimestamps: true, filter: (path) => !leftOut.includes(path) })
}

async function bootstrap(): Promise<void> {
  const fresh = await mkdtemp(`${CACHE}-`)
  const made = await runHere('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', fresh])
  if (made.status !== 0) throw new Error(`debootstrap failed: ${made.text.slice(-2_000)}`)
  // Made by mkdtemp for its owner alone: nobody but root could go into it.
  await chmod(fresh, 0o755)
  // Somebody else may have been faster.
  await rename(fresh, CACHE).catch(() => rm(fresh, { recursive: true, force: true }))
}

async function firstChildOf(parent: ChildProcess | undefined): Promise<string> {
  const children = await readFile(`/proc/${parent?.pid}/task/${parent?.pid}/children`, 'utf8')
  return children.split(' ')[0] ?? ''
}

/** The machine has no way to call us, so this looks again until it is so. */
async function untilTrue(look: () => Promise<boolean>, withinMs: number): Promise<void> {
  const signal = AbortSignal.timeout(withinMs)
  while (!(await look())) await pause(50, undefined, { signal })
}

function runHere(program: string, words: string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, words, { maxBuffer: 64 << 20, env })
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
