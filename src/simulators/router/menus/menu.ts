/** What a menu is: verbs, the policy each needs, and what it answers. */

/** Property names and values as they travel: everything is text. */
export type Row = Record<string, string>

export interface Trap {
  message: string
  /** 0 missing item or command, 1 argument value, 4 general; often absent. */
  category?: number
}

export type Answer = { kind: 'rows'; rows: Row[] } | { kind: 'done'; ret?: string } | { kind: 'traps'; traps: Trap[] }

export interface ApiCommand {
  /** `/ip/hotspot/user`; empty for `/login` and `/quit`. */
  menu: string
  /** The last word of the path: `print`. */
  verb: string
  args: ReadonlyMap<string, string>
  /** Query words as they came: `?name=x`. */
  queries: readonly string[]
  tag?: string
}

export interface Verb {
  policy: 'read' | 'write' | 'test'
  run(command: ApiCommand): Answer | Promise<Answer>
}

export type Menu = Record<string, Verb>

export const done: Answer = { kind: 'done' }

export function trap(message: string, category?: number): Answer {
  return { kind: 'traps', traps: [category === undefined ? { message } : { message, category }] }
}
