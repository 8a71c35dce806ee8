/** Just enough of the RouterOS script language to see where strings, blocks and names are; made from the manual alone. */
export interface Token {
  kind: 'string' | 'variable' | 'bracket' | 'end' | 'word'
  /** A string's bytes as text, a variable's name, or the text itself. */
  text: string
}

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}' }
const ESCAPES: Record<string, string> = { '"': '"', '\\': '\\', n: '\n', r: '\r', t: '\t', $: '$', '?': '?', _: ' ' }

/** Throws at whatever would not be read as it was meant. */
export function tokensOf(script: string): Token[] {
  const tokens: Token[] = []
  const open: string[] = []
  let at = 0
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} at ${JSON.stringify(script.slice(Math.max(0, at - 30), at + 30))}`)
  }
  while (at < script.length) {
    const sign = script[at] ?? ''
    if (sign === '#') {
      if (!/(^|\n)[ ]*$/.test(script.slice(0, at))) fail('a comment that does not begin its line')
      while (at < script.length && script[at] !== '\n') at += 1
    } else if (sign === '"') {
      const [text, end] = stringAt(script, at + 1)
      tokens.push({ kind: 'string', text })
      at = end
    } else if (sign === '$') {
      const name = /^\$([A-Za-z][A-Za-z0-9]*)/.exec(script.slice(at))?.[1] ?? fail('a $ without a name')
      tokens.push({ kind: 'variable', text: name })
      at += name.length + 1
    } else if (sign in CLOSING) {
      open.push(CLOSING[sign] ?? '')
      tokens.push({ kind: 'bracket', text: sign })
      at += 1
    } else if (Object.values(CLOSING).includes(sign)) {
      if (open.pop() !== sign) fail(`a ${sign} that closes nothing`)
      tokens.push({ kind: 'bracket', text: sign })
      at += 1
    } else if (sign === '\n' || sign === ';') {
      tokens.push({ kind: 'end', text: '' })
      at += 1
    } else if (sign === ' ') {
      at += 1
    } else {
      const word = /^[^\s"$()[\]{};?\\]+/.exec(script.slice(at))?.[0] ?? fail(`a bare ${sign}`)
      tokens.push({ kind: 'word', text: word })
      at += word.length
    }
  }
  if (open.length > 0) fail(`${open.length} blocks left open`)
  return tokens
}

/** The string that begins here, and where it ends. */
function stringAt(script: string, start: number): [text: string, end: number] {
  const bytes: number[] = []
  for (let at = start; at < script.length; at += 1) {
    const sign = script[at] ?? ''
    if (sign === '"') return [Buffer.from(bytes).toString('utf8'), at + 1]
    if (sign === '$' || sign === '\n' || sign === '?' || sign > '~')
      throw new SyntaxError(`a bare ${JSON.stringify(sign)} in a string`)
    if (sign !== '\\') {
      bytes.push(sign.charCodeAt(0))
      continue
    }
    const next = script[at + 1] ?? ''
    const hex = /^[0-9A-F]{2}/.exec(script.slice(at + 1))?.[0]
    if (next === '\n') {
      // A wrapped line: the blanks that follow do not count.
      at += 1
      while (script[at + 1] === ' ') at += 1
    } else if (hex) {
      bytes.push(Number.parseInt(hex, 16))
      at += 2
    } else {
      const escaped = ESCAPES[next]
      if (escaped === undefined) throw new SyntaxError(`an unknown escape \\${next}`)
      bytes.push(escaped.charCodeAt(0))
      at += 1
    }
  }
  throw new SyntaxError('a string without an end')
}

/** The texts that the script gives to `:parse`. */
export function parsedTexts(tokens: readonly Token[]): string[] {
  return tokens
    .filter((token, index) => token.kind === 'string' && tokens[index - 1]?.text === ':parse')
    .map(({ text }) => text)
}

/** Variables that are used before they are declared in this text. */
export function undeclared(tokens: readonly Token[]): string[] {
  const declared = new Set<string>()
  const missing: string[] = []
  tokens.forEach(({ kind, text }, index) => {
    const before = tokens[index - 1]?.text
    if (kind === 'word' && [':local', ':for', ':foreach'].includes(before ?? '')) declared.add(text)
    const used = kind === 'variable' || (kind === 'word' && before === ':set')
    if (used && !declared.has(text)) missing.push(text)
  })
  return missing
}
