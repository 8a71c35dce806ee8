import type { RosVersion } from '../ros-version.ts'
import { type Answer, type ApiCommand, type Row, trap, type Verb } from './menu.ts'
import { matchesQuery } from './query.ts'

/** Who is looking, and at which release: decides whether secrets are shown. */
export interface Viewer {
  version: RosVersion
  policies: ReadonlySet<string>
}

const PRINT_ARGUMENTS = ['.proplist', 'count-only', 'detail', 'stats', 'without-paging']
const HIDDEN = '*****'

/** `print` over the rows of the moment. `secrets` names the properties that need the policy `sensitive`. */
export function printVerb(viewer: Viewer, rows: (command: ApiCommand) => Row[], secrets: readonly string[] = []): Verb {
  return { policy: 'read', run: (command) => print(viewer, rows(command), secrets, command) }
}

function print(viewer: Viewer, rows: Row[], secrets: readonly string[], { args, queries }: ApiCommand): Answer {
  const known = viewer.version.atLeast(7, 21) ? [...PRINT_ARGUMENTS, 'show-sensitive'] : PRINT_ARGUMENTS
  const stranger = [...args.keys()].find((name) => !known.includes(name))
  if (stranger !== undefined) return unknownParameter(viewer.version, stranger)

  const found = rows.filter((row) => matchesQuery(row, queries))
  if (args.has('count-only')) return { kind: 'done', ret: String(found.length) }
  const asked = viewer.version.atLeast(7, 21) ? args.has('show-sensitive') : true
  const mayKnow = secrets.length === 0 || (asked && viewer.policies.has('sensitive'))
  const shown = mayKnow ? found : found.map((row) => hide(row, secrets))
  const properties = args.get('.proplist')?.split(',')
  return { kind: 'rows', rows: properties ? shown.map((row) => pick(row, properties)) : shown }
}

export function unknownParameter(version: RosVersion, name: string): Answer {
  return trap(version.atLeast(7, 0) ? `unknown parameter ${name}` : 'unknown parameter')
}

function hide(row: Row, secrets: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, secrets.includes(key) ? HIDDEN : value]))
}

function pick(row: Row, properties: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([key]) => properties.includes(key)))
}
