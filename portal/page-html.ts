import type { JSX } from 'hono/jsx/jsx-runtime'

/** A page of this folder as the HTML document to send. Pages are synchronous; one that waits for something is a bug. */
export function pageHtml(page: JSX.Element): string {
  if (page instanceof Promise) throw new TypeError('A portal page must not be asynchronous')
  const html = page.toString()
  if (typeof html !== 'string') throw new TypeError('A portal page must not contain an asynchronous part')
  return `<!doctype html>${html}`
}
