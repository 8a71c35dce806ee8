import { type Answer, type ApiCommand, done, type Menu, type Row, trap } from './menu.ts'
import { printVerb, type Viewer } from './print.ts'
import { type Property, readArguments } from './properties.ts'

/** Numbered rows. An id (`*1A`) is never used again after its row is gone. */
export class Table {
  readonly #rows = new Map<string, Row>()
  #lastId = 0

  add(row: Row): string {
    this.#lastId += 1
    const id = `*${this.#lastId.toString(16).toUpperCase()}`
    this.#rows.set(id, { '.id': id, ...row })
    return id
  }

  /** Every row, its `.id` in front; not to be changed. */
  rows(): Row[] {
    return [...this.#rows.values()]
  }

  get(id: string): Row | undefined {
    return this.#rows.get(id)
  }

  named(name: string): Row | undefined {
    return this.rows().find((row) => row.name === name)
  }

  names(): string[] {
    return this.rows().flatMap((row) => row.name ?? [])
  }

  /** Text set to nothing disappears from the row, as `comment` does. */
  update(id: string, values: Row): void {
    const cleared = ([name, value]: [string, string]) => value === '' && values[name] === ''
    const changed = Object.entries({ ...this.#rows.get(id), ...values }).filter((entry) => !cleared(entry))
    this.#rows.set(id, Object.fromEntries(changed))
  }

  remove(id: string): void {
    this.#rows.delete(id)
  }

  /** Without `before` it goes to the end. */
  moveBefore(id: string, before: string | undefined): void {
    const row = this.#rows.get(id)
    if (!row || id === before) return
    const others = [...this.#rows].filter(([key]) => key !== id)
    const place = before === undefined ? others.length : others.findIndex(([key]) => key === before)
    others.splice(place < 0 ? others.length : place, 0, [id, row])
    this.#rows.clear()
    for (const [key, value] of others) this.#rows.set(key, value)
  }

  /** The id of the row that an id or a name means. */
  idOf(reference: string): string | undefined {
    return this.#rows.has(reference) ? reference : this.named(reference)?.['.id']
  }
}

export interface TableRules {
  properties: Readonly<Record<string, Property>>
  secrets?: readonly string[]
  /** What a new row has when nothing else is said. */
  defaults?: () => Row
  required?: readonly string[]
  /** Why the row may not be stored beside the others. */
  refuse?: (row: Row, others: Row[]) => Answer | undefined
  refuseRemoval?: (row: Row) => Answer | undefined
}

/** print, add, set and remove over a table. */
export function tableMenu(table: Table, viewer: Viewer, rules: TableRules): Menu {
  const others = (id?: string) => table.rows().filter((row) => row['.id'] !== id)

  const add = ({ args }: ApiCommand): Answer => {
    const read = readArguments(args, rules.properties, viewer.version)
    if ('refused' in read) return read.refused
    const missing = rules.required?.find((name) => !read.values[name])
    if (missing !== undefined) return trap(`missing value(s) of argument(s) ${missing}`)
    const row = { ...rules.defaults?.(), ...read.values }
    const refused = rules.refuse?.(row, others())
    if (refused) return refused
    const id = table.add({})
    table.update(id, row)
    return { kind: 'done', ret: id }
  }

  const set = (command: ApiCommand): Answer => {
    const args = new Map([...command.args].filter(([name]) => !isReference(name)))
    const read = readArguments(args, rules.properties, viewer.version)
    if ('refused' in read) return read.refused
    const named = readReferences(command, (reference) => table.idOf(reference))
    if ('refused' in named) return named.refused
    for (const id of named.found) {
      const refused = rules.refuse?.({ ...table.get(id), ...read.values }, others(id))
      if (refused) return refused
      table.update(id, read.values)
    }
    return done
  }

  const remove = (command: ApiCommand): Answer => {
    const named = readReferences(command, (reference) => table.idOf(reference))
    if ('refused' in named) return named.refused
    const refused = named.found.map((id) => rules.refuseRemoval?.(table.get(id) ?? {})).find((answer) => answer)
    if (refused) return refused
    for (const id of named.found) table.remove(id)
    return done
  }

  return {
    print: printVerb(viewer, () => table.rows(), rules.secrets),
    add: { policy: 'write', run: add },
    set: { policy: 'write', run: set },
    remove: { policy: 'write', run: remove },
  }
}

function isReference(name: string): boolean {
  return name === '.id' || name === 'numbers'
}

/** What `=.id=` or `=numbers=`, a list of ids or names, refers to. All must exist, or nothing is done. */
export function readReferences<T>(
  { args }: ApiCommand,
  find: (reference: string) => T | undefined,
): { found: T[] } | { refused: Answer } {
  const references = args.get('.id') ?? args.get('numbers')
  if (references === undefined) return { refused: trap('missing value(s) of argument(s) .id') }
  const found: T[] = []
  for (const reference of references.split(',')) {
    const item = find(reference)
    if (item === undefined) return { refused: trap(reference.startsWith('*') ? 'no such item (4)' : 'no such item', 0) }
    found.push(item)
  }
  return { found }
}
