export interface BenchOptions {
  /** A smaller version of the same work, for a look or a test: under a minute, numbers less steady. */
  quick: boolean
  /** One last line for machines. */
  json: boolean
  /** Of the words that only this bench has, those that were said. */
  own: ReadonlySet<string>
}

/** Undefined when the words are not understood; the caller ends with status 2. */
export function readOptions(words: readonly string[], own: readonly string[] = []): BenchOptions | undefined {
  const known = ['--quick', '--json', ...own]
  if (words.some((word) => !known.includes(word))) {
    process.stderr.write(`Usage: scripts/bench/NAME ${known.map((word) => `[${word}]`).join(' ')}\n`)
    return undefined
  }
  const said = new Set(words.filter((word) => own.includes(word)))
  return { quick: words.includes('--quick'), json: words.includes('--json'), own: said }
}
