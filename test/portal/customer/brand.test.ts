import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contentSecurityPolicy } from '../../../portal/content-security-policy.ts'
import { contrast } from '../../../portal/contrast.ts'
import { brandColours, brandOf } from '../../../portal/customer/brand.ts'
import { CodePage } from '../../../portal/customer/code.tsx'
import { pageHtml } from '../../../portal/page-html.ts'
import { darkColours, lightColours } from '../../../portal/tokens.css.ts'
import { elementsOf } from '../html-elements.ts'

const LOGO = 'data:image/svg+xml;base64,PHN2Zy8+'
const site = { siteName: 'Kilimani', language: 'en', supportPhone: undefined, path: '/' } as const

describe('the operator’s colour', () => {
  it('is taken as it is where it can be read', () => {
    assert.equal(brandColours('#7A1F5C', 'light').accent, '#7a1f5c')
  })

  it('is made darker or lighter until it can be read, whatever it is', () => {
    const steps = ['00', '33', '66', '99', 'cc', 'ff']
    for (const colour of steps.flatMap((r) => steps.flatMap((g) => steps.map((b) => `#${r}${g}${b}`)))) {
      for (const [scheme, colours] of [
        ['light', lightColours],
        ['dark', darkColours],
      ] as const) {
        const { accent, 'on-accent': onAccent, tint } = brandColours(colour, scheme)
        for (const back of [colours.ground, colours.card, tint, onAccent]) {
          assert.ok(contrast(accent, back) >= 4.5, `${colour}: ${accent} on ${back} in ${scheme} mode`)
        }
        assert.ok(contrast(colours.ink, tint) >= 4.5, `${colour}: text on ${tint} in ${scheme} mode`)
      }
    }
  })
})

describe('a page of an operator with a colour and a logo', () => {
  const brand = brandOf({ colour: '#7a1f5c', logo: LOGO })
  const elements = elementsOf(pageHtml(CodePage({ ...site, brand })))

  it('wears them, and the policy lets exactly that stylesheet through', () => {
    const styles = elements.filter(({ name }) => name === 'style').map(({ text }) => text)
    assert.match(styles.at(-1) ?? '', /^:root\{--accent:#7a1f5c;/)
    const ours = contentSecurityPolicy().match(/style-src ([^;]*)/)?.[1]
    assert.equal(contentSecurityPolicy({ brand }).match(/style-src ([^;]*)/)?.[1], `${ours} ${brand.cssSource}`)
    assert.deepEqual(
      elements.filter(({ name }) => name === 'img').map(({ attributes }) => [attributes.src, attributes.alt]),
      [[LOGO, '']],
    )
  })

  it('wears ours where there is neither', () => {
    const plain = elementsOf(pageHtml(CodePage({ ...site, brand: brandOf({}) })))
    const count = (all: typeof plain) => all.filter(({ name }) => name === 'style').length
    assert.equal(count(plain), count(elements) - 1)
    assert.ok(plain.some(({ attributes }) => attributes.class === 'door'))
  })
})
