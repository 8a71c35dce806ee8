import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../flows/free-port.ts'
import { slowDown } from './slow-processor.ts'

const DRIVER = '/usr/bin/WebKitWebDriver'
const BROWSER = globSync('/usr/lib/*/webkit2gtk-4*/MiniBrowser')[0]

/** For `describe`: why the suite cannot run here, or false. */
export const noWebkit = existsSync(DRIVER) && BROWSER !== undefined ? false : `${DRIVER} is not installed`

/** How WebDriver names an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const STEP_MS = 30_000
/** What lays pages out and runs their scripts. */
const PAGE_MAKER = 'WebKitWebProcess'

export type Webkit = Awaited<ReturnType<typeof openWebkit>>

/** Settings of the browser in which a page can keep nothing. */
export const KEEPS_NOTHING = [
  '--cookies-policy=never',
  '--enable-html5-local-storage=FALSE',
  '--enable-html5-database=FALSE',
]
/** The driver's own scripts run all the same. */
export const RUNS_NO_SCRIPTS = ['--enable-javascript=FALSE']

/** The engine of the iPhone's captive portal sheet, without a screen, spoken to by W3C WebDriver. */
export async function openWebkit(settings: readonly string[] = []) {
  const screen = await openScreen()
  const port = await freePort()
  const driver = spawn('dbus-run-session', ['--', DRIVER, `--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    detached: true,
    env: screen.environment,
  })

  async function call(method: string, path: string, body?: object) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(STEP_MS),
    })
    // biome-ignore lint/suspicious/noExplicitAny: what the driver says; each caller knows what it asked for
    const { value } = (await answer.json()) as { value: any }
    if (!answer.ok) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${value?.error} ${value?.message}`)
    return value
  }

  const capabilities = {
    alwaysMatch: { 'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation', ...settings] } },
  }
  await untilListens(port)
  const { sessionId } = await call('POST', '/session', { capabilities })
  const session = `/session/${sessionId}`
  /** An element may come with a later page. The driver's own waiting needs scripts of the page, so it is asked again. */
  async function find(using: 'css selector' | 'xpath', value: string): Promise<string> {
    const untilMs = Date.now() + STEP_MS
    while (true) {
      const found = await call('POST', `${session}/element`, { using, value }).catch((thrown) => thrown)
      if (!(found instanceof Error)) return found[ELEMENT]
      // The page may go away while it is being searched.
      if (!/no such element|unload event|stale/.test(found.message) || Date.now() > untilMs) throw found
      await setTimeout(100)
    }
  }

  let atFullSpeed = () => {}
  const url = (): Promise<string> => call('GET', `${session}/url`)

  return {
    open: (url: string) => call('POST', `${session}/url`, { url }),
    url,
    async untilAt(address: RegExp): Promise<void> {
      const untilMs = Date.now() + STEP_MS
      while (!address.test(await url())) {
        if (Date.now() > untilMs) throw new Error(`never came to ${address}`)
        await setTimeout(100)
      }
    },
    type: async (selector: string, text: string) =>
      call('POST', `${session}/element/${await find('css selector', selector)}/value`, { text }),
    press: async (selector: string) =>
      call('POST', `${session}/element/${await find('css selector', selector)}/click`, {}),
    follow: async (link: string) =>
      call('POST', `${session}/element/${await find('xpath', `//a[normalize-space()="${link}"]`)}/click`, {}),
    element: (selector: string) => find('css selector', selector),
    text: async (selector: string): Promise<string> =>
      call('GET', `${session}/element/${await find('css selector', selector)}/text`),
    /** Resolves when the page, or one that it leads to, has this headline for everybody to see. */
    headline: (text: string) => find('xpath', `//h1[normalize-space()="${text}" and not(ancestor::*[@hidden])]`),
    run: (script: string) => call('POST', `${session}/execute/sync`, { script, args: [] }),
    /** From now on its pages get less than a tenth of a core, as on a cheap phone. */
    slow(): void {
      atFullSpeed = slowDown(driver.pid ?? 0, PAGE_MAKER)
    },
    async close() {
      // Who is stopped cannot end.
      atFullSpeed()
      await call('DELETE', session).catch(() => {})
      await endGroup(driver)
      await screen.close()
    },
  }
}

async function openScreen() {
  const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '360x740x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [display] = (await once(createInterface({ input: screen.stdout }), 'line')) as [string]
  const environment = {
    ...process.env,
    DISPLAY: `:${display}`,
    WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    LIBGL_ALWAYS_SOFTWARE: '1',
  }
  return { environment, close: () => end(screen, () => screen.kill('SIGTERM')) }
}

/** It and what it has started. */
const endGroup = (child: ChildProcess) => end(child, () => process.kill(-(child.pid ?? 0), 'SIGTERM'))

async function untilListens(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await fetch(`http://127.0.0.1:${port}/status`).then(
      (answer) => answer.ok,
      () => false,
    )
    if (ready) return
    await setTimeout(100)
  }
  throw new Error('WebKitWebDriver does not listen')
}

async function end(child: ChildProcess, kill: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  kill()
  await exit
}
