import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'

describe('the login page that a router fetches', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  it('leads to the portal and names the router, whatever name the router knows the box by', async () => {
    const { pathname, search } = new URL(site.loginPageUrl)
    for (const host of ['box.example', '192.168.88.2:8080', 'connectivitycheck.gstatic.com']) {
      const { status, type, text } = await getAs(host, site.url, pathname + search)
      assert.deepEqual([status, type], [200, 'text/html; charset=UTF-8'], host)
      assert.ok(
        text.includes(`${site.url}/?router=1&mac=$(mac-esc)&llo=$(link-login-only-esc)&err=$(error-esc)$(endif)`),
        text,
      )
    }
  })

  it('is not there for a router that is not', async () => {
    for (const router of ['2', '0', '-1', '1e0', '', '1%27', '99999999999999999999']) {
      const { status } = await getAs('box.example', site.url, `/hotspot/login.html?router=${router}`)
      assert.equal(status, 404, router)
    }
  })

  it('brings a phone to the portal with its own address and its router', async () => {
    const { macAddress } = site.join()
    const captured = await fetch(`http://127.0.0.1:${site.router.httpPort}/?mac=${macAddress}`)
    const { origin, searchParams } = new URL(captured.url)
    assert.equal(origin, site.url)
    assert.deepEqual(Object.fromEntries(searchParams), {
      router: '1',
      mac: macAddress,
      llo: site.router.loginUrl(macAddress),
      err: '',
    })
    const page = await captured.text()
    assert.ok(page.includes(`name="mac" value="${macAddress}"`))
    assert.ok(page.includes('name="router" value="1"'))
  })

  it('is believed about the login address of a router that we know, and of no other', async () => {
    const portal = async (llo: string) => (await fetch(`${site.url}/?llo=${encodeURIComponent(llo)}`)).text()
    assert.ok((await portal('http://127.0.0.1/login')).includes('name="router" value="1"'))
    for (const llo of [
      'http://evil.example/login',
      'javascript:alert(1)',
      '//evil.example',
      'http://127.0.0.1.evil.example/',
    ]) {
      const page = await portal(llo)
      assert.ok(!page.includes('name="router"') && !page.includes('evil') && !page.includes('javascript:'), llo)
    }
  })
})

function getAs(host: string, url: string, path: string) {
  return new Promise<{ status: number | undefined; type: string | undefined; text: string }>((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path, headers: { Host: host } }, async (answer) => {
      let text = ''
      for await (const chunk of answer.setEncoding('utf8')) text += chunk
      resolve({ status: answer.statusCode, type: answer.headers['content-type'], text })
    })
      .on('error', reject)
      .end()
  })
}
