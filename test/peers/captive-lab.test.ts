import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Browser, chromium } from 'playwright-core'
import { type CaptiveLab, GATEWAY, noLab, openCaptiveLab } from './captive-lab.ts'
import { noChromium, PHONE } from './chromium.ts'

const PORTAL = `http://${GATEWAY}:8080`
const WAIT = { timeout: 45_000 }

/** As the vendors' devices ask whether they are online, and what they take for a yes. */
const PROBES = [
  {
    device: 'an iPhone',
    agent: 'CaptiveNetworkSupport-443.40.2 wispr',
    url: 'http://captive.apple.com/hotspot-detect.html',
    yes: /^200 .*<TITLE>Success<\/TITLE>.*<BODY>Success<\/BODY>/s,
  },
  {
    device: 'an Android phone',
    agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36',
    url: 'http://connectivitycheck.gstatic.com/generate_204',
    yes: /^204 $/,
  },
  {
    device: 'a Windows computer',
    agent: 'Microsoft NCSI',
    url: 'http://www.msftconnecttest.com/connecttest.txt',
    yes: /^200 Microsoft Connect Test$/,
  },
  {
    device: 'Firefox',
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    url: 'http://detectportal.firefox.com/success.txt?ipv4',
    yes: /^200 success\n$/,
  },
  {
    device: 'NetworkManager',
    agent: 'NetworkManager/1.52.0',
    url: 'http://nmcheck.gnome.org/check_network_status.txt',
    yes: /^200 NetworkManager is online\n$/,
  },
]

describe('a phone on a real network with DHCP, DNS and a firewall', { skip: noLab() }, () => {
  let lab: CaptiveLab
  let browser: Browser | undefined
  before(async () => {
    lab = await openCaptiveLab()
    await lab.join()
  })
  after(async () => {
    await browser?.close()
    await lab?.close()
  })

  const ask = (url: string, ...words: string[]) => lab.onPhone('curl', '-sS', '--max-time', '20', ...words, url)
  const probe = (url: string, agent: string, ...words: string[]) => {
    const { stdout, stderr } = ask(url, '-A', agent, '-w', '\n%{http_code}', ...words)
    const at = stdout.lastIndexOf('\n')
    return at < 0 ? stderr : `${stdout.slice(at + 1)} ${stdout.slice(0, at)}`
  }
  /** As a phone does that was told where by DHCP. */
  const capport = () => JSON.parse(ask(lab.capportUrl(), '--cacert', lab.ca).stdout)

  it('is told by DHCP where to ask whether it is captive, over TLS', () => {
    assert.equal(lab.capportUrl(), `https://${GATEWAY}:8443/capport`)
    const answer = ask(lab.capportUrl(), '--cacert', lab.ca, '-i').stdout
    assert.match(answer, /^content-type: application\/captive\+json\r$/im)
    assert.match(answer, /"captive":true/)
  })

  it('is captured whatever its vendor asks, and nobody pretends that it is online', () => {
    for (const { device, agent, url, yes } of PROBES) {
      assert.match(probe(url, agent), /^302 $/, device)
      assert.doesNotMatch(probe(url, agent), yes, device)
      const followed = ask(url, '-A', agent, '-L', '-w', '\n%{url_effective}').stdout
      assert.ok(followed.split('\n').at(-1)?.startsWith(`${PORTAL}/?`), device)
      assert.match(followed, /Get online/, device)
    }
    assert.equal(capport().captive, true)
  })

  it('is sent to the portal by the box itself, in an answer that ends the connection', () => {
    const { stdout } = ask(`${PORTAL}/generate_204`, '-i', '-H', 'Host: connectivitycheck.gstatic.com')
    assert.match(stdout, /^HTTP\/1.1 302 /)
    for (const line of [`location: ${PORTAL}/`, 'content-length: 0', 'connection: close', 'cache-control: no-store']) {
      assert.match(stdout.toLowerCase(), new RegExp(`^${line}\r$`, 'm'))
    }
  })

  it('fails at once where it speaks TLS, instead of waiting or seeing a false certificate', () => {
    const startedMs = performance.now()
    const { status } = ask('https://www.google.com/generate_204')
    assert.ok([7, 35].includes(status ?? 0), `curl ended with ${status}`)
    assert.ok(performance.now() - startedMs < 5_000)
  })

  it('is let through after it has paid, and captured again after it has left', {
    skip: noChromium,
    timeout: 120_000,
  }, async () => {
    browser = await chromium.launch({
      executablePath: lab.browser,
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
    })
    const page = await (await browser.newContext(PHONE)).newPage()
    await page.goto('http://captive.apple.com/hotspot-detect.html')
    assert.ok(page.url().startsWith(`${PORTAL}/?`), page.url())
    await page.fill('#phone', '0700000701')
    await page.tap('button.pk')
    await page.waitForSelector('h1:visible:text-is("You are online")', WAIT)
    for (const { device, agent, url, yes } of PROBES) assert.match(probe(url, agent), yes, device)
    const { captive, 'seconds-remaining': left } = capport()
    assert.equal(captive, false)
    assert.ok(left > 3_500 && left <= 3_600, String(left))

    await page.waitForURL(/&n=1$/, WAIT)
    await page.tap('button:has-text("Disconnect")')
    await page.waitForSelector('h1:visible:text-is("You are disconnected")', WAIT)
    for (const { device, agent, url } of PROBES) assert.match(probe(url, agent), /^302 $/, device)
    assert.equal(capport().captive, true)
  })
})
