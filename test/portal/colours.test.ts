import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { darkColours, lightColours } from '../../portal/tokens.css.ts'

type Colour = keyof typeof lightColours

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

/** What can lie on what. Text needs 4.5 (WCAG 1.4.3); borders, rings and pictures that carry meaning 3 (1.4.11). */
const text: [Colour, Colour[]][] = [
  ['ink', ['ground', 'card', 'tint']],
  ['muted', ['ground', 'card']],
  ['accent', ['ground', 'card', 'tint']],
  ['on-accent', ['accent']],
  ['error', ['error-tint', 'ground', 'card']],
  ['warn', ['warn-tint']],
]
const shape: [Colour, Colour[]][] = [
  ['edge', ['ground', 'card']],
  ['focus', ['ground', 'card', 'tint', 'error-tint']],
]

describe('colours', () => {
  it('measure contrast as WCAG does', () => {
    assert.equal(contrast('#000000', '#ffffff'), 21)
    assert.equal(contrast('#777777', '#ffffff').toFixed(2), '4.48')
  })

  for (const [name, colours] of [
    ['light', lightColours],
    ['dark', darkColours],
  ] as const) {
    it(`can be read in ${name} mode`, () => {
      for (const [pairs, needed] of [
        [text, 4.5],
        [shape, 3],
      ] as const) {
        for (const [front, backs] of pairs) {
          for (const back of backs) {
            const ratio = contrast(colours[front], colours[back])
            assert.ok(ratio >= needed, `${front} on ${back} is ${ratio.toFixed(2)}`)
          }
        }
      }
    })
  }
})
