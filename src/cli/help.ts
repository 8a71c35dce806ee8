import { type Command, usageOf } from './command.ts'

const LINE = 100
const USAGE = 46

/** What each command takes and does, in two columns. */
export function helpText(shown: readonly Command[]): string {
  return [
    'Usage: mlango <command> [options]',
    '',
    ...shown.flatMap(entryOf),
    '',
    'Every command takes --config FILE and --help, and those that answer take --json.',
    'A TIME is such as 2027-01-31T18:00:00+03:00. mlango --version says which version this is.',
    '',
  ].join('\n')
}

function entryOf(command: Command): string[] {
  // An option and its value stay together.
  const words = usageOf(command).match(/\[[^\]]*\]|--[\w-]+ [^-[|\s]\S*|\| \S+(?: [A-Z]+)?|\S+/g) ?? []
  const left = wrapped(words, USAGE - 6).map((line, at) => (at === 0 ? `  ${line}` : `    ${line}`))
  const right = wrapped(command.summary.split(' '), LINE - USAGE)
  const rows = Math.max(left.length, right.length)
  return Array.from({ length: rows }, (_, row) => `${(left[row] ?? '').padEnd(USAGE)}${right[row] ?? ''}`.trimEnd())
}

function wrapped(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
