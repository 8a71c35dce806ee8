import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'

/** A bad cell edge and an old phone: 50 kbit/s down, 20 up, 400 ms, a sixth of this machine's processor. */
const EDGE = { offline: false, latency: 400, downloadThroughput: 6400, uploadThroughput: 2560 }
const SLOWER = 6

export interface FirstPaint {
  firstContentfulPaintMs: number
  requests: number
}

/** Undefined where there is no Chromium. */
export async function firstPaint(url: string): Promise<FirstPaint | undefined> {
  if (!existsSync(PROGRAM)) return undefined
  const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  const browser = await chromium.launch({ executablePath: PROGRAM, args })
  try {
    const context = await browser.newContext({ viewport: { width: 360, height: 640 }, isMobile: true })
    const page = await context.newPage()
    let requests = 0
    page.on('request', () => {
      requests += 1
    })
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    await devtools.send('Network.emulateNetworkConditions', EDGE)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
    await page.goto(url, { waitUntil: 'load' })
    await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0")
    const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return { firstContentfulPaintMs: Number(paint), requests }
  } finally {
    await browser.close()
  }
}
