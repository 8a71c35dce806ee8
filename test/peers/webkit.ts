import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { freePort } from '../flows/free-port.ts'

const DRIVER = '/usr/bin/WebKitWebDriver'
const BROWSER = globSync('/usr/lib/*/webkit2gtk-4*/MiniBrowser')[0]

/** For `describe`: why the suite cannot run here, or false. */
export const noWebkit = existsSync(DRIVER) && BROWSER !== undefined ? false : `${DRIVER} is not installed`

/** How WebDriver names an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'
const STEP_MS = 30_000

export type Webkit = Awaited<ReturnType<typeof openWebkit>>

/** The engine of the iPhone's captive portal sheet, without a screen, spoken to by W3C WebDriver. */
export async function openWebkit() {
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
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.error} ${value?.message}`)
    return value
  }

  const capabilities = {
    alwaysMatch: { 'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] } },
  }
  await untilListens(port)
  const { sessionId } = await call('POST', '/session', { capabilities })
  const session = `/session/${sessionId}`
  // An element may come with a later page.
  await call('POST', `${session}/timeouts`, { implicit: STEP_MS - 5_000 })
  async function find(using: 'css selector' | 'xpath', value: string): Promise<string> {
    try {
      return (await call('POST', `${session}/element`, { using, value }))[ELEMENT]
    } catch (thrown) {
      // The page went away while it was being searched: the next one has it, or does not.
      if (!String(thrown).includes('unload event')) throw thrown
      return find(using, value)
    }
  }

  return {
    open: (url: string) => call('POST', `${session}/url`, { url }),
    url: (): Promise<string> => call('GET', `${session}/url`),
    type: async (selector: string, text: string) =>
      call('POST', `${session}/element/${await find('css selector', selector)}/value`, { text }),
    press: async (selector: string) =>
      call('POST', `${session}/element/${await find('css selector', selector)}/click`, {}),
    follow: async (link: string) =>
      call('POST', `${session}/element/${await find('xpath', `//a[normalize-space()="${link}"]`)}/click`, {}),
    /** Resolves when the page, or one that it leads to, has this headline for everybody to see. */
    headline: (text: string) => find('xpath', `//h1[normalize-space()="${text}" and not(ancestor::*[@hidden])]`),
    run: (script: string) => call('POST', `${session}/execute/sync`, { script, args: [] }),
    async close() {
      await call('DELETE', session).catch(() => {})
      await endGroup(driver)
      await screen.close()
    },
  }
}

/**
 * The same engine with scripts off, which no driver can look into: what it does is seen by what it asks for.
 */
export async function showWithoutScripts(url: string): Promise<{ close(): Promise<void> }> {
  const screen = await openScreen()
  const browser = spawn('dbus-run-session', ['--', BROWSER ?? '', '--enable-javascript=FALSE', url], {
    stdio: 'ignore',
    detached: true,
    env: screen.environment,
  })
  return {
    async close() {
      await endGroup(browser)
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
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('WebKitWebDriver does not listen')
}

async function end(child: ChildProcess, kill: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  kill()
  await exit
}
