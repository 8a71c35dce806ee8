import { existsSync } from 'node:fs'
import { chromium, type Page } from 'playwright-core'
import type { BenchSite, Phone } from './site.ts'

const PROGRAM = '/usr/bin/chromium'
const PROBE = 'http://connectivitycheck.gstatic.com/generate_204'

/** Touches of a finger, typing not counted, from the captive portal's sheet to the moment at which M-PESA asks for the PIN. */
export interface Taps {
  newPhone: number
  /** It has paid here before. */
  knownPhone: number
}

/** Undefined where there is no Chromium. The site has to believe this machine about the addresses of its phones. */
export async function countTaps(site: BenchSite): Promise<Taps | undefined> {
  if (!existsSync(PROGRAM)) return undefined
  await site.router.fetchLoginPage(`http://127.0.0.1:${site.port}/hotspot/login.html?router=1`)
  const everyHost = `--host-resolver-rules=MAP * 127.0.0.1:${site.router.httpPort}, EXCLUDE 127.0.0.1`
  const args = [everyHost, '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage']
  const browser = await chromium.launch({ executablePath: PROGRAM, args })

  async function tapsUntilPin(phone: Phone, person: (page: Page) => Promise<void>): Promise<number> {
    let taps = 0
    const { ipAddress } = site.router.join(phone.macAddress)
    const context = await browser.newContext({
      viewport: { width: 360, height: 640 },
      isMobile: true,
      hasTouch: true,
      extraHTTPHeaders: { 'X-Forwarded-For': ipAddress },
    })
    await context.exposeFunction('tapped', () => {
      taps += 1
    })
    await context.addInitScript("addEventListener('pointerdown', (touch) => { if (touch.isTrusted) tapped() }, true)")
    const page = await context.newPage()
    await page.goto(`${PROBE}?mac=${phone.macAddress}`)
    const pushed = site.mpesa.whenPushed(site.mpesa.pushes.length + 1)
    await person(page)
    await pushed
    // The page that waits for the PIN is the answer to the last tap: by then every tap has been told.
    await page.waitForURL('**/w/**')
    await context.close()
    return taps
  }

  try {
    const phone = site.join()
    const newPhone = await tapsUntilPin(phone, async (page) => {
      await page.tap('#phone')
      await page.keyboard.type(`0${phone.phoneNumber.slice(3)}`)
      await page.tap('button.pk')
    })
    await site.mpesa.releaseLate()
    await site.router.whenOnline(phone.macAddress)
    // It is known by its address from here on.
    await site.router.sendInterim(phone.macAddress)
    await site.endAccess(phone)
    const knownPhone = await tapsUntilPin(phone, (page) => page.tap('button.pk'))
    await site.mpesa.releaseLate()
    return { newPhone, knownPhone }
  } finally {
    await browser.close()
  }
}
