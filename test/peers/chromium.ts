import { existsSync, mkdirSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'
const SCREENS = new URL('../../../build/screens/', import.meta.url).pathname

/** For `describe`: why the suite cannot run here, or false. */
export const noChromium = existsSync(PROGRAM) ? false : `${PROGRAM} is not installed`

/**
 * `everyHost`: where all names lead, `127.0.0.1:8080`, as they do behind a router that captures; addresses stay what they are.
 * `textPx`: the size of text that its owner has chosen, 16 where nothing was.
 */
export const openChromium = ({ everyHost, textPx }: { everyHost?: string; textPx?: number } = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: PROGRAM,
    args: [
      ...(everyHost === undefined ? [] : [`--host-resolver-rules=MAP * ${everyHost}, EXCLUDE 127.0.0.1`]),
      ...(textPx === undefined ? [] : [`--blink-settings=defaultFontSize=${textPx}`]),
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })

export const PHONE: BrowserContextOptions = {
  viewport: { width: 360, height: 640 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  locale: 'en-KE',
}

/** Everything that should not happen on any page, in the order in which it did. */
export function watchTroubles(context: BrowserContext, home: string, troubles: string[] = []): string[] {
  context.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(home) && !url.startsWith('data:')) troubles.push(`asks elsewhere: ${url}`)
  })
  context.on('weberror', (error) => troubles.push(`throws: ${error.error().message}`))
  context.on('console', (message) => {
    // A refused form is answered with 422, of which Chromium complains; a policy that bites is said here too.
    if (message.type() === 'error' && !/status of 4(01|04|22)/.test(message.text())) troubles.push(message.text())
  })
  return troubles
}

/** A picture for people, in `build/screens/`. A machine too busy to take one fails no test. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true })
  await page.screenshot({ path: `${SCREENS}${name}.png`, fullPage: true, timeout: 10_000 }).catch(() => {})
}
