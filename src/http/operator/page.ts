import type { Context } from 'hono'
import * as z from 'zod'
import { problem } from '../problem.ts'

/**
 * What every list takes. `cursor` is what the last answer's `next_cursor` said. Nothing else is: a filter that is
 * misspelt must not pass for "all".
 */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
})

/** What every list answers. */
export const pageAnswer = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() })

/** Rows were read with `limit + 1`: one more says that there is a next page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown.map(itemOf), next_cursor: rows.length > limit && last !== undefined ? cursorOf(last) : null }
}

/** A list that is short enough to come whole. */
export const wholeList = <Item>(items: Item[]): { items: Item[]; next_cursor: string | null } => ({
  items,
  next_cursor: null,
})

/** A cursor that is an id. */
export function idCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined
  if (!/^\d{1,15}$/.test(cursor)) throw badCursor()
  return Number(cursor)
}

/** A cursor of a list in order of time: `<milliseconds>.<id>`. */
export function timeCursor(cursor: string | undefined): { atMs: number; id: string } | undefined {
  if (cursor === undefined) return undefined
  const [, atMs, id] = /^(\d{1,15})\.([\w-]{1,64})$/.exec(cursor) ?? []
  if (atMs === undefined || id === undefined) throw badCursor()
  return { atMs: Number(atMs), id }
}

const badCursor = () =>
  problem(422, 'invalid-input', 'cursor: use the next_cursor of the last answer', [
    { field: 'cursor', message: 'use the next_cursor of the last answer' },
  ])

/** The number in a path, or a 404: there is nothing under another kind of id. */
export function idInPath(context: Context, what: string): number {
  const text = context.req.param('id') ?? ''
  if (!/^\d{1,15}$/.test(text)) throw problem(404, `${what}-unknown`, `There is no such ${what}.`)
  return Number(text)
}
