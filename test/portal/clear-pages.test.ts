import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { contentSecurityPolicy } from '../../portal/content-security-policy.ts'
import { allPages, type SamplePage } from './all-pages.ts'
import type { Element } from './html-elements.ts'

const pages = allPages()
const customerPages = pages.filter(({ kind }) => kind === 'customer')

const isHidden = ({ attributes, parents }: Element) =>
  'hidden' in attributes || parents.some((parent) => 'hidden' in parent.attributes)
const named = (elements: readonly Element[], ...names: string[]) => elements.filter(({ name }) => names.includes(name))

describe('a page', () => {
  it('says its language, and the way into the other in that language', () => {
    for (const { name, kind, language, elements } of pages) {
      assert.equal(named(elements, 'html')[0]?.attributes.lang, language, name)
      if (kind === 'console') continue
      const other = language === 'en' ? { lang: 'sw', says: 'Kiswahili' } : { lang: 'en', says: 'English' }
      const [link] = named(elements, 'a')
      assert.equal(link?.text, other.says, name)
      assert.equal(link.attributes.lang, other.lang, name)
      assert.match(link.attributes.href ?? '', new RegExp(`[?&]l=${other.lang}(&|$)`), name)
    }
  })

  it('has a title, one main part and one headline', () => {
    for (const { name, elements } of pages) {
      assert.match(named(elements, 'title')[0]?.text ?? '', /\S/, name)
      assert.equal(named(elements, 'main').length, 1, name)
      const headlines = named(elements, 'h1').filter((headline) => !isHidden(headline))
      assert.equal(headlines.length, 1, name)
      assert.match(headlines[0]?.text ?? '', /\S/, name)
    }
  })

  it('names every field and every button', () => {
    for (const { name: page, elements } of pages) {
      const labels = named(elements, 'label').map(({ attributes }) => attributes.for)
      for (const field of named(elements, 'input', 'select')) {
        if (field.attributes.type !== 'hidden')
          assert.ok(labels.includes(field.attributes.id), `${page}: ${field.name}`)
      }
      for (const button of named(elements, 'button', 'a')) {
        if (!isHidden(button)) assert.match(button.attributes['aria-label'] ?? button.text, /\S/, page)
      }
    }
  })

  it('uses an id once, and refers to none that is missing', () => {
    for (const { name, elements } of pages) {
      const ids = elements.flatMap(({ attributes: { id } }) => (id === undefined ? [] : [id]))
      assert.equal(new Set(ids).size, ids.length, name)
      for (const { attributes } of elements) {
        for (const id of (attributes['aria-describedby'] ?? '').split(' ').filter(Boolean)) {
          assert.ok(ids.includes(id), `${name}: #${id}`)
        }
      }
    }
  })

  it('hides its pictures from screen readers, for they repeat what the words say', () => {
    for (const { name, elements } of pages) {
      for (const picture of named(elements, 'svg')) assert.equal(picture.attributes['aria-hidden'], 'true', name)
    }
  })

  it('carries along who asks: no page has a cookie to know it by', () => {
    for (const { name, kind, elements } of pages) {
      // The router's own form is the router's.
      for (const form of named(elements, 'form').filter(({ attributes }) => attributes.action?.startsWith('/'))) {
        const fields = named(elements, 'input').filter(({ parents }) => parents.includes(form))
        const names = fields
          .filter(({ attributes }) => attributes.type === 'hidden')
          .map((field) => field.attributes.name)
        const expected = kind === 'console' ? ['csrf'] : ['l', 'mac', 'router']
        for (const field of expected) assert.ok(names.includes(field), `${name}: ${field}`)
      }
    }
  })

  it('never makes a customer type the phone number twice', () => {
    for (const { name, elements } of customerPages) {
      const phone = named(elements, 'input').find(({ attributes }) => attributes.name === 'phone')
      if (/^(failed|time-up|home-bad)/.test(name)) assert.match(phone?.attributes.value ?? '', /^0712/, name)
    }
  })

  it('is a single answer of at most 6 KiB for a customer, with its headers', () => {
    const headers =
      `HTTP/1.1 200 OK\r\ncontent-security-policy: ${contentSecurityPolicy()}\r\ncache-control: no-store\r\n` +
      'content-type: text/html; charset=UTF-8\r\nx-content-type-options: nosniff\r\nreferrer-policy: no-referrer\r\n' +
      'content-encoding: gzip\r\nDate: Mon, 04 May 2026 11:05:00 GMT\r\nConnection: keep-alive\r\n\r\n'
    for (const { name, html } of customerPages) {
      const bytes = gzipSync(html).length + headers.length
      assert.ok(bytes <= 6 * 1024, `${name} has ${bytes} bytes`)
    }
  })
})

describe('a page that waits', () => {
  const viewOf = ({ elements }: SamplePage) => named(elements, 'body')[0]?.attributes['data-view'] ?? '+online'
  const waiting = customerPages.filter((page) => !viewOf(page).includes('+online'))

  it('moves on without scripts too, and has a way to ask at once', () => {
    assert.equal(waiting.length, 2 * 15)
    for (const { name, html, elements } of waiting) {
      assert.match(html, /<noscript><meta http-equiv=refresh content=4><\/noscript><\/head>/, name)
      const fields = named(elements, 'input').filter(({ attributes }) => attributes.type !== 'hidden')
      assert.deepEqual(fields, [], `${name} has something to fill in`)
      assert.ok(
        named(elements, 'a').some(({ attributes }) => attributes.href === '/w/3f9a?x=1'),
        name,
      )
    }
  })

  it('tells what is new to screen readers', () => {
    for (const { name, elements } of waiting) {
      const [first] = named(elements, 'h1')
      assert.ok(
        first?.parents.some(({ attributes }) => /^(status|alert)$/.test(attributes.role ?? '')),
        name,
      )
    }
  })
})

describe('every other page', () => {
  it('stays until the customer does something', () => {
    for (const { name, html, elements } of customerPages) {
      if ('data-view' in (named(elements, 'body')[0]?.attributes ?? {})) continue
      if ('data-next' in (named(elements, 'body')[0]?.attributes ?? {})) continue
      assert.doesNotMatch(html, /http-equiv/, name)
    }
  })

  it('is loaded a second time where the phone has just come online, without scripts too', () => {
    const first = customerPages.filter(({ elements }) => 'data-next' in (named(elements, 'body')[0]?.attributes ?? {}))
    assert.equal(first.length, 2)
    for (const { name, html } of first) {
      assert.match(html, /<noscript><meta http-equiv=refresh content="1;url=\/w\/3f9a\?n=1"><\/noscript><\/head>/, name)
    }
  })
})
