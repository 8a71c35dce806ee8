import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import type { JSX } from 'hono/jsx/jsx-runtime'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { contentSecurityPolicy } from '../../../portal/content-security-policy.ts'
import { pageHtml } from '../../../portal/page-html.ts'
import type { House } from '../house.ts'

/**
 * Sends a page: never kept by a mini-browser, and with leave to run its own inline script and style only. Compressed,
 * it is a handful of packets for a phone at the edge of the WiFi.
 */
export function answerPage(
  { brand }: Pick<House, 'brand'>,
  context: Context,
  page: JSX.Element,
  status: ContentfulStatusCode = 200,
  formTargets: readonly string[] = [],
): Response {
  const html = pageHtml(page)
  const headers = {
    'Content-Type': 'text/html; charset=UTF-8',
    'Content-Security-Policy': contentSecurityPolicy(brand, formTargets),
    'Cache-Control': 'no-store',
  }
  if (!/\bgzip\b/.test(context.req.header('accept-encoding') ?? '')) return context.body(html, status, headers)
  return context.body(gzipSync(html), status, { ...headers, 'Content-Encoding': 'gzip' })
}
