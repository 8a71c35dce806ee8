import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { consoleCss } from '../../portal/console/console.css.ts'
import { customerCss, stageCss } from '../../portal/customer/customer.css.ts'
import { allPages } from './all-pages.ts'

const pages = allPages()

for (const [kind, css] of [
  ['customer', customerCss + stageCss],
  ['console', consoleCss],
] as const) {
  describe(`the stylesheet of the ${kind} pages`, () => {
    const selectors = css.replace(/\{[^{}]*\}/g, '{}')
    const styled = new Set([...selectors.matchAll(/\.([a-z][\w-]*)/g)].map(([, name = '']) => name))
    const elements = pages.filter((page) => page.kind === kind).flatMap((page) => page.elements)
    const worn = new Set(elements.flatMap(({ attributes }) => (attributes.class ?? '').split(' ').filter(Boolean)))

    it('dresses every class that a page names, and no other', () => {
      const plain = ['good']
      assert.deepEqual(
        [...worn].filter((name) => !styled.has(name) && !plain.includes(name)),
        [],
      )
      assert.deepEqual(
        [...styled].filter((name) => !worn.has(name)),
        [],
      )
    })

    it('knows every colour that it uses', () => {
      for (const [, name = ''] of css.matchAll(/var\(--([\w-]+)\)/g)) {
        assert.ok(css.includes(`--${name}:`), String(name))
      }
    })
  })
}
