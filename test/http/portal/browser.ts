/** The least of browsers: follows redirects, reads pages, and sends their forms as they stand. No scripts, no cookies. */
export interface Page {
  url: string
  status: number
  html: string
  /** What a reader sees, on one line. */
  text: string
  /** Presses the button with this text, after typing `fields`; the form carries along what is hidden in it. */
  press(button: string, fields?: Record<string, string>): Promise<Page>
  /** Follows the link with this text. */
  follow(link: string): Promise<Page>
}

/** `from`: the phone's own address, where a proxy passes it on. */
export async function open(url: string, init: RequestInit = {}, from?: string): Promise<Page> {
  const headers = { Accept: 'text/html', ...(from !== undefined && { 'X-Forwarded-For': from }) }
  const answer = await fetch(url, { ...init, headers })
  const html = await answer.text()
  const page: Page = {
    url: answer.url,
    status: answer.status,
    html,
    text: readable(html),
    press(button, fields = {}) {
      for (const [, action = '', inside = ''] of html.matchAll(
        /<form method="post" action="([^"]*)"[^>]*>(.*?)<\/form>/gs,
      )) {
        const pressed = [...inside.matchAll(/<button type="submit"([^>]*)>(.*?)<\/button>/gs)].find(
          ([, , label = '']) => readable(label).includes(button),
        )
        if (!pressed) continue
        const hidden = [...inside.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)]
        const own = /name="([^"]*)" value="([^"]*)"/.exec(pressed[1] ?? '')
        const body = new URLSearchParams()
        for (const [, name = '', value = ''] of hidden) body.set(name, unescaped(value))
        if (own) body.set(own[1] ?? '', unescaped(own[2] ?? ''))
        for (const [name, value] of Object.entries(fields)) body.set(name, value)
        return open(new URL(unescaped(action), answer.url).href, { method: 'POST', body }, from)
      }
      throw new Error(`no button says "${button}" on ${answer.url}: ${page.text}`)
    },
    follow(link) {
      const found = [...html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].find(([, , label = '']) =>
        readable(label).includes(link),
      )
      if (!found) throw new Error(`no link says "${link}" on ${answer.url}: ${page.text}`)
      return open(new URL(unescaped(found[1] ?? ''), answer.url).href, {}, from)
    },
  }
  return page
}

const readable = (html: string) =>
  unescaped(
    html
      .replace(/<(style|script|noscript)\b.*?<\/\1>|<div[^>]*\shidden(="")?[^>]*>.*?<\/div>/gs, ' ')
      .replace(/<[^>]*>/g, ' '),
  )
    .replace(/[\s\u00a0]+/g, ' ')
    .trim()

const unescaped = (text: string) =>
  text.replace(
    /&(amp|lt|gt|quot|#39|nbsp);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' ' })[name] ?? '',
  )
