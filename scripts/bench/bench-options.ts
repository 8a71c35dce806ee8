export interface BenchOptions {
  /** A smaller version of the same work, for a look or a test: under a minute, numbers less steady. */
  quick: boolean
  /** One last line for machines. */
  json: boolean
}

/** Undefined when the words are not understood; the caller ends with status 2. */
export function readOptions(words: readonly string[]): BenchOptions | undefined {
  if (words.some((word) => word !== '--quick' && word !== '--json')) {
    process.stderr.write('Usage: scripts/bench/NAME [--quick] [--json]\n')
    return undefined
  }
  return { quick: words.includes('--quick'), json: words.includes('--json') }
}
