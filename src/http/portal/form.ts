import type { Context } from 'hono'

/** The fields of a form as a browser sends it; of a field that comes twice the last. */
export async function readForm(context: Context): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await context.req.text()))
}
