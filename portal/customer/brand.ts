import { contrast, mix } from '../contrast.ts'
import { cspSource } from '../csp-source.ts'
import { darkColours, lightColours } from '../tokens.css.ts'

/** How the operator's pages differ from ours. */
export interface Brand {
  /** A stylesheet of its own, after the common one; empty where the operator chose no colour. */
  css: string
  /** For `style-src`. */
  cssSource: string | undefined
  /** A picture as a `data:` address, in the place of our door. */
  logo: string | undefined
}

export function brandOf({ colour, logo }: { colour?: string | undefined; logo?: string | undefined }): Brand {
  const css = colour === undefined ? '' : brandCss(colour)
  return { css, cssSource: css === '' ? undefined : cspSource(css), logo }
}

/** WCAG AA for text, and a little for rounding. */
const READABLE = 4.6

export type BrandColours = Pick<typeof lightColours, 'accent' | 'on-accent' | 'tint'>

/** The operator's colour, made darker or lighter until everything that is written in it or on it can be read. */
export function brandColours(colour: string, scheme: 'light' | 'dark'): BrandColours {
  const colours = scheme === 'light' ? lightColours : darkColours
  const towards = scheme === 'light' ? '#000000' : '#ffffff'
  for (let part = 1; part > 0; part -= 0.05) {
    const accent = mix(colour.toLowerCase(), towards, part)
    const tint = mix(accent, colours.card, 0.12)
    const onAccent = contrast(accent, '#ffffff') > contrast(accent, '#101010') ? '#ffffff' : '#101010'
    const backs = [colours.ground, colours.card, tint, onAccent]
    const readable =
      backs.every((back) => contrast(accent, back) >= READABLE) && contrast(colours.ink, tint) >= READABLE
    if (readable) return { accent, 'on-accent': onAccent, tint }
  }
  return colours
}

function brandCss(colour: string): string {
  const rule = (scheme: 'light' | 'dark') =>
    `:root{${Object.entries(brandColours(colour, scheme))
      .map(([name, value]) => `--${name}:${value}`)
      .join(';')}}`
  return `${rule('light')}@media(prefers-color-scheme:dark){${rule('dark')}}`
}
