/** Text in quotes, a pattern, or a parameter: only the last is changed. */
const PARTS = /'(?:[^']|'')*'|\b(?:LIKE|GLOB)\s+(?:\?|:\w+)|(?<!\w)(\?|:[a-z]\w*)/gi

/**
 * SQLite's planner looks at the values of parameters where they might matter (LIMIT, ORDER BY, partial indices), and from
 * then on compiles the statement anew each time another value is bound (`sqlite3_reoptimize`), which takes ten times as long
 * as most of our questions. A sign before the parameter hides the value from the planner and changes nothing else.
 * A pattern stays as it is: what it begins with says which index helps.
 */
export const hideParameters = (text: string): string =>
  text.replace(PARTS, (part, parameter) => (parameter === undefined ? part : `+${parameter}`))
