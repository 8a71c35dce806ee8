/** Text for RouterOS scripts: nothing that a name or a password holds can become code. */

/** A string literal of exactly these bytes (UTF-8); what is not harmless is written as `\HH`. */
export function quoted(value: string): string {
  return `"${[...Buffer.from(value, 'utf8')].map(harmlessOrHex).join('')}"`
}

function harmlessOrHex(byte: number): string {
  const sign = String.fromCharCode(byte)
  return /[A-Za-z0-9 ._:/-]/.test(sign) ? sign : `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** A literal that holds code, for `:parse`; wrapped as RouterOS wraps its exports, so that people can read it. */
function quotedCode(lines: readonly string[]): string {
  const escaped = lines.map((line) => line.trim().replace(/["\\$?]/g, (sign) => `\\${sign}`))
  return `"${escaped.join('\\n\\\n    ')}"`
}

/**
 * Does something under a name that the report knows it by. If it fails, the next step runs all the same.
 * The lines are text until then: a menu or property that this release does not know is an error that `on-error` catches,
 * outside of `:parse` it would stop the whole import. They see no variable from outside.
 */
export function step(name: string, lines: readonly string[]): string[] {
  return [
    `# ${name}`,
    ':do {',
    `  :local run [:parse ${quotedCode(lines)}]`,
    '  $run',
    '} on-error={',
    `  :set failedSteps ($failedSteps . ${quoted(`${name},`)})`,
    '}',
  ]
}

/** The same, on some releases only. */
export function stepIf(condition: string, name: string, lines: readonly string[]): string[] {
  const [title = '', ...rest] = step(name, lines)
  return [title, `:if ${condition} do={`, ...rest.map((line) => `  ${line}`), '}']
}

/** A condition on the release that the script has read into `$osMajor` and `$osMinor`. */
export function since(major: number, minor: number): string {
  return `(($osMajor > ${major}) || (($osMajor = ${major}) && ($osMinor >= ${minor})))`
}

export function fetchCommand(url: string): string {
  // https whose certificate nobody looks at would be no safer than http.
  return `/tool fetch url=${quoted(url)}${url.startsWith('https:') ? ' check-certificate=yes' : ''}`
}
