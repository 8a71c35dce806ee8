import type { Context } from 'hono'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { contentSecurityPolicy } from '../../../portal/content-security-policy.ts'
import { pageHtml } from '../../../portal/page-html.ts'

/** Sends a page: never kept by a mini-browser, and with leave to run its own inline script and style only. */
export function answerPage(context: Context, page: JSX.Element, status: ContentfulStatusCode = 200): Response {
  return context.html(pageHtml(page), status, {
    'Content-Security-Policy': contentSecurityPolicy(),
    'Cache-Control': 'no-store',
  })
}
