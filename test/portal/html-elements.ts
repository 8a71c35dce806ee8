/** A start tag of a page of ours, and what stands between it and its end where that is raw (script, style) or text. */
export interface Element {
  name: string
  attributes: Record<string, string>
  /** Text inside, with its elements left out. */
  text: string
  /** Names and attributes of what it stands in, outermost first. */
  parents: readonly Element[]
}

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/gy
const ATTRIBUTE = /([^\s=/]+)(?:="([^"]*)"|=([^\s"]+))?/g
const VOID = new Set(['meta', 'link', 'input', 'br', 'img'])
const RAW = new Set(['script', 'style'])

/** Reads well-formed HTML as a browser would, and throws where it is not: a stray `<` is an unescaped text. */
export function elementsOf(html: string): Element[] {
  const found: Element[] = []
  const open: Element[] = []
  let at = html.startsWith('<!doctype html>') ? 15 : fail('the doctype is missing', html)
  while (at < html.length) {
    if (html[at] !== '<') {
      const end = html.indexOf('<', at)
      const text = decoded(html.slice(at, end < 0 ? undefined : end))
      for (const element of open) element.text += text
      at = end < 0 ? html.length : end
      continue
    }
    TAG.lastIndex = at
    const [whole, slash, name = '', inside = ''] = TAG.exec(html) ?? fail('a stray <', html.slice(at, at + 80))
    at += whole.length
    if (slash) {
      const last = open.pop()
      if (last?.name !== name) fail(`</${name}> closes <${last?.name}>`, html.slice(at - 80, at))
      continue
    }
    const element: Element = { name, attributes: attributesOf(inside), text: '', parents: [...open] }
    found.push(element)
    if (RAW.has(name)) {
      const end = html.indexOf(`</${name}>`, at)
      element.text = html.slice(at, end)
      at = end + name.length + 3
    } else if (!VOID.has(name)) open.push(element)
  }
  if (open.length > 0) fail('not closed', open.map(({ name }) => name).join(' '))
  return found
}

function attributesOf(inside: string): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', quoted, bare] of inside.matchAll(ATTRIBUTE)) {
    if (name in attributes) fail('an attribute twice', inside)
    attributes[name] = decoded(quoted ?? bare ?? '')
  }
  return attributes
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

function decoded(text: string): string {
  return text.replace(/&([^;&\s]*;?)/g, (whole, name: string) => {
    return ENTITIES[name.replace(/;$/, '')] ?? fail('an unescaped &', whole)
  })
}

function fail(what: string, where: string): never {
  throw new Error(`${what}: ${where}`)
}
