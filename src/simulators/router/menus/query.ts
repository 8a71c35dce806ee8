import type { ApiCommand, Row } from './menu.ts'

/** Whether a row answers the query words of a print. They work on a stack that starts as endless trues. */
export function matchesQuery(row: Row, words: readonly string[]): boolean {
  const stack: boolean[] = []
  for (const word of words) {
    const query = word.slice(1)
    if (query.startsWith('#')) combine(stack, query.slice(1))
    else stack.push(test(row, query))
  }
  return stack.every((value) => value)
}

/** The value that a property must have in every row that can be found: a menu of thousands need not make the others. */
export function wantedValue({ queries }: ApiCommand, property: string): string | undefined {
  if (queries.some((word) => word.startsWith('?#'))) return undefined
  const prefix = queries.find((word) => word.startsWith(`?${property}=`) || word.startsWith(`?=${property}=`))
  return prefix?.slice(prefix.indexOf('=', 2) + 1)
}

function test(row: Row, query: string): boolean {
  if (query.startsWith('-')) return row[query.slice(1)] === undefined
  const relation = /^[<>=]/.test(query) ? query.charAt(0) : undefined
  const comparison = relation === undefined ? query : query.slice(1)
  const equals = comparison.indexOf('=')
  if (equals < 0) return row[comparison] !== undefined
  const actual = row[comparison.slice(0, equals)]
  const wanted = comparison.slice(equals + 1)
  if (actual === undefined) return false
  if (relation === '<') return compare(actual, wanted) < 0
  if (relation === '>') return compare(actual, wanted) > 0
  return actual === wanted
}

function compare(a: string, b: string): number {
  const numeric = /^\d+$/.test(a) && /^\d+$/.test(b)
  if (numeric) return Number(a) - Number(b)
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** `?#` operators, left to right. An index before another character copies that value; one at the very end keeps only it. */
function combine(stack: boolean[], operators: string): void {
  const pop = () => stack.pop() ?? true
  for (const [token] of operators.matchAll(/\d+\.?|[!&|.]/g)) {
    if (/^\d/.test(token)) {
      const value = stack[stack.length - 1 - Number.parseInt(token, 10)] ?? true
      if (operators.endsWith(token) && !token.endsWith('.')) stack.length = 0
      stack.push(value)
    } else if (token === '!') {
      stack.push(!pop())
    } else if (token === '.') {
      stack.push(stack.at(-1) ?? true)
    } else {
      const [a, b] = [pop(), pop()]
      stack.push(token === '&' ? a && b : a || b)
    }
  }
}
