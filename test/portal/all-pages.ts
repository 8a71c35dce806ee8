import { sampleConsolePages } from './console/sample-pages.ts'
import { samplePages } from './customer/sample-pages.ts'
import { type Element, elementsOf } from './html-elements.ts'

export interface SamplePage {
  name: string
  kind: 'customer' | 'console'
  language: 'en' | 'sw'
  html: string
  elements: Element[]
}

/** Every page of portal and console; `word` stands wherever the outside world can put a text of its own. */
export function allPages(word = ''): SamplePage[] {
  const page = (kind: SamplePage['kind'], language: SamplePage['language']) => {
    return ([name, html]: [string, string]): SamplePage => {
      return { name: `${name} (${language})`, kind, language, html, elements: elementsOf(html) }
    }
  }
  return [
    ...Object.entries(samplePages('en', word)).map(page('customer', 'en')),
    ...Object.entries(samplePages('sw', word)).map(page('customer', 'sw')),
    ...Object.entries(sampleConsolePages(word)).map(page('console', 'en')),
  ]
}
