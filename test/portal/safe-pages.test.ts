import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { contentSecurityPolicy } from '../../portal/content-security-policy.ts'
import { safeWebAddress } from '../../portal/customer/site-page.ts'
import { allPages } from './all-pages.ts'
import type { Element } from './html-elements.ts'

const HOSTILE = `"'><img src=x onerror=alert(1)></style></script><script>alert(2)</script>&lt;!--{mask}`

const pages = allPages()

/** The policy by directive, as a browser reads it. */
const policy = new Map(
  contentSecurityPolicy()
    .split('; ')
    .map((directive) => {
      const [name = '', ...sources] = directive.split(' ')
      return [name, sources]
    }),
)

const sourceOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

describe('a page', () => {
  it('stays the same page whatever word is put in from outside', () => {
    const skeleton = (elements: readonly Element[]) =>
      elements.map(({ name, attributes }) => `${name} ${Object.keys(attributes).join(' ')}`)
    const plain = allPages('word')
    const hostile = allPages(HOSTILE)
    for (const [at, { name, elements }] of hostile.entries()) {
      assert.deepEqual(skeleton(elements), skeleton(plain[at]?.elements ?? []), name)
    }
  })

  it('is let run exactly what it carries', () => {
    for (const { name, html, elements } of pages) {
      const carried = elements.filter((element) => ['style', 'script'].includes(element.name))
      const allowed = contentSecurityPolicy({ html }).match(/'sha256-[^']*'/g)
      assert.deepEqual(new Set(allowed), new Set(carried.map(({ text }) => sourceOf(text))), name)
    }
  })

  it('shows the word as it was written', () => {
    for (const { name, elements } of allPages(HOSTILE)) {
      const shown = elements.some(({ name, text }) => name === 'body' && text.includes(HOSTILE))
      assert.ok(shown, name)
    }
  })

  it('has no script and no style besides those that the policy lets through', () => {
    assert.deepEqual(policy.get('default-src'), ["'none'"])
    for (const { name, elements } of pages) {
      for (const element of elements) {
        if (element.name === 'script') assert.ok(policy.get('script-src')?.includes(sourceOf(element.text)), name)
        if (element.name === 'style') assert.ok(policy.get('style-src')?.includes(sourceOf(element.text)), name)
        for (const attribute of Object.keys(element.attributes)) {
          assert.doesNotMatch(attribute, /^(on|style$)/, `${name}: <${element.name} ${attribute}>`)
        }
      }
    }
  })

  it('makes the policy list nothing that no page has', () => {
    const inline = pages.flatMap(({ elements }) =>
      elements.filter(({ name }) => name === 'script' || name === 'style').map(({ text }) => sourceOf(text)),
    )
    for (const directive of ['script-src', 'style-src']) {
      for (const source of policy.get(directive) ?? []) assert.ok(inline.includes(source), `${directive} ${source}`)
    }
  })

  it('asks nobody else for anything', () => {
    const names = new Set(pages.flatMap(({ elements }) => elements.map(({ name }) => name)))
    for (const loads of ['iframe', 'object', 'embed', 'base', 'audio', 'video', 'source', 'use', 'image']) {
      assert.ok(!names.has(loads), loads)
    }
    for (const { name: page, elements } of pages) {
      for (const { name, attributes, text } of elements) {
        if (name === 'link') assert.equal(attributes.href, 'data:,', page)
        if (name === 'style') assert.doesNotMatch(text, /url\(|@import|@font-face/, page)
        const toRouter = page.startsWith('connecting-by-router') && attributes.action === 'http://10.5.50.1/login'
        if (name === 'form' && !toRouter) assert.match(attributes.action ?? '', /^\/[a-z]/, page)
        if (name === 'img') assert.match(attributes.src ?? '', /^data:image\//, page)
        else assert.equal(attributes.src, undefined, page)
        if (name === 'meta' && attributes['http-equiv'])
          assert.match(attributes.content ?? '', /^(4$|1;url=\/(?![/\\]))/, page)
      }
    }
  })

  it('leads to itself, to the help line, or to the web', () => {
    for (const { name: page, elements } of allPages(HOSTILE)) {
      for (const { name, attributes } of elements) {
        if (name === 'a')
          assert.match(attributes.href ?? '', /^(\/(?![/\\])|tel:[+\d]+$|http:\/\/captive\.test\/)/, page)
      }
    }
    assert.equal(safeWebAddress('javascript:alert(1)'), '/')
    assert.equal(safeWebAddress('https://example.org/'), 'https://example.org/')
  })
})
