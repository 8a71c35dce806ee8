import type { Child } from 'hono/jsx'
import { Door } from '../door.tsx'
import { consoleCss } from './console.css.ts'
import type { ConsolePage } from './console-page.ts'
import { liveDesk } from './live-desk.ts'

interface DocumentProps {
  title: string
  /** Run the script that keeps `id=live` fresh. */
  live?: boolean | undefined
  children?: Child
}

/** The bare document, for pages with nobody signed in. */
export function ConsoleDocument({ title, live = false, children }: DocumentProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="format-detection" content="telephone=no" />
        <title>{title}</title>
        <link rel="icon" href="data:," />
        {/* Raw, but constant: our own stylesheet. */}
        <style dangerouslySetInnerHTML={{ __html: consoleCss }} />
      </head>
      <body>
        {children}
        {/* Raw, but constant: our own script. */}
        {live && <script dangerouslySetInnerHTML={{ __html: liveDesk }} />}
      </body>
    </html>
  )
}

interface LayoutProps extends DocumentProps {
  page: ConsolePage
}

/** The frame around every page behind the sign-in. */
export function ConsoleLayout({ page, title, live, children }: LayoutProps) {
  return (
    <ConsoleDocument title={`${title} – ${page.siteName}`} live={live}>
      <header class="top">
        <Door />
        <b>{page.siteName}</b>
        <span class="muted">
          {page.operator.username} · {page.operator.role}
        </span>
        {page.csrf !== '' && (
          <form method="post" action="/console/sign-out">
            <input type="hidden" name="csrf" value={page.csrf} />
            <button type="submit" class="quiet">
              Sign out
            </button>
          </form>
        )}
      </header>
      <main>{children}</main>
    </ConsoleDocument>
  )
}
