import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { openSite, type Site } from '../../flows/site.ts'

describe('the first page, asked for several times within a second', () => {
  let site: Site
  before(async () => {
    site = await openSite()
  })
  after(() => site.close())

  async function home(macAddress: string, headers: Record<string, string> = {}) {
    const answer = await fetch(`${site.url}/?router=1&mac=${macAddress}`, { headers })
    const html = await answer.text()
    const key = /name="key" value="([^"]*)"/.exec(html)?.[1]
    return { html, key, requestId: answer.headers.get('x-request-id'), headers: Object.fromEntries(answer.headers) }
  }

  /** Until one comes that was kept: the daemon's own jobs change something now and then. */
  async function keptFor(macAddress: string) {
    for (;;) {
      const [first, second] = [await home(macAddress), await home(macAddress)]
      if (first.key === second.key) return { first, second }
    }
  }

  it('is the same page with all its headers, under a number of its own', async () => {
    const { first, second } = await keptFor(site.join().macAddress)
    assert.equal(second.html, first.html)
    assert.notEqual(second.requestId, first.requestId)
    const constant = ({ headers }: typeof first) => ({ ...headers, date: '', 'x-request-id': '' })
    assert.deepEqual(constant(second), constant(first))
    assert.equal(second.headers['cache-control'], 'no-store')
  })

  it('is another one for another device, and in another language', async () => {
    const [one, other] = [site.join().macAddress, site.join().macAddress]
    await keptFor(one)
    const page = await home(other)
    assert.ok(page.html.includes(`value="${other}"`) && !page.html.includes(one))
    assert.match((await home(one, { 'Accept-Language': 'sw' })).html, /Ingia mtandaoni/)
    assert.match((await home(one, { 'Accept-Encoding': 'identity' })).html, /Get online/)
  })

  it('is a new one for everybody behind a router that masquerades: nobody gets the key of another’s purchase', async () => {
    const { macAddress } = site.join()
    const behindRouter = { 'X-Forwarded-For': '10.5.50.7' }
    const keys = new Set<string | undefined>()
    for (let time = 0; time < 5; time++) keys.add((await home(macAddress, behindRouter)).key)
    assert.equal(keys.size, 5)
  })

  it('is a new one as soon as something has changed', async () => {
    const { macAddress } = site.join()
    for (const name of ['Half a day', 'Evening', 'Night']) {
      await keptFor(macAddress)
      await site.call('PATCH', `/api/packages/${site.packageId}`, { name })
      assert.ok((await home(macAddress)).html.includes(name), name)
    }
  })
})
