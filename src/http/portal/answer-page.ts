import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { contentSecurityPolicy } from '../../../portal/content-security-policy.ts'
import { pageHtml } from '../../../portal/page-html.ts'
import type { House } from '../house.ts'
import { mayBeKept } from '../kept-answers.ts'

interface PageOptions {
  /** Origins to which a form on it leads, beside ours. */
  formTargets?: readonly string[]
  /** It shows nothing of the customer, so that whoever asks in the same way may get the same. */
  keep?: boolean
}

/**
 * Sends a page: never kept by a mini-browser, and with leave to run its own inline script and style only. Compressed,
 * it is a handful of packets for a phone at the edge of the WiFi.
 */
export function answerPage(
  { brand }: Pick<House, 'brand'>,
  context: Context,
  page: JSX.Element,
  status: ContentfulStatusCode = 200,
  { formTargets = [], keep = false }: PageOptions = {},
): Response {
  const html = pageHtml(page)
  const headers = {
    'Content-Type': 'text/html; charset=UTF-8',
    'Content-Security-Policy': contentSecurityPolicy({ html, brand, formTargets }),
    'Cache-Control': 'no-store',
  }
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) return context.body(html, status, headers)
  const body = gzipSync(html)
  if (keep && status === 200) mayBeKept(context, body)
  return context.body(body, status, { ...headers, 'Content-Encoding': 'gzip' })
}
