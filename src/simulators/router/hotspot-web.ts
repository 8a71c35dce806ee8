import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { asError } from '../../errors.ts'
import { addressOf, listen, portOf } from '../listening.ts'
import type { Host } from './hotspot/hosts.ts'
import type { Hotspot } from './hotspot/hotspot.ts'
import { logInByForm } from './hotspot/login-form.ts'
import { internetAnswer } from './internet.ts'
import { normaliseMac } from './mac-address.ts'
import type { RouterSettings } from './router-settings.ts'
import { renderServletPage, type ServletAnswer } from './servlet-page.ts'

interface WebParts {
  hotspot: Hotspot
  settings: RouterSettings
}

/**
 * The hotspot's own web server. Whatever page a phone asks for, wherever: until it is in it is sent to `/login`, which
 * shows the login.html in the hotspot's directory or lets it in (PAP); when it is in, the Internet answers.
 * The phone is the one named by `mac` in the query, else the one that has the address the request came from.
 */
export class HotspotWeb {
  readonly #parts: WebParts
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  /** The login.html that an operator put into the hotspot's directory; RouterOS comes with one of its own. */
  loginPage: string | undefined

  constructor(parts: WebParts) {
    this.#parts = parts
  }

  async listen(host: string, port: number): Promise<number> {
    await listen(this.#server, host, port)
    return portOf(this.#server)
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** What `$(link-login-only)` is for this phone. */
  loginUrl(macAddress: string): string {
    return `http://${addressOf(this.#server)}/login?${new URLSearchParams({ mac: macAddress })}`
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, headers, body } = await this.#answer(request).catch((thrown) => page(asError(thrown).message, 400))
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body), Connection: 'close' }).end(body)
  }

  async #answer(request: IncomingMessage): Promise<ServletAnswer> {
    const { hotspot } = this.#parts
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const mac = normaliseMac(url.searchParams.get('mac') ?? '')
    const from = mac ?? hotspot.hosts.phoneAt(request.socket.remoteAddress ?? '')
    const phone = from === undefined ? undefined : hotspot.hear(from)
    if (!phone) return page('This device is not on the WiFi', 404)

    const ours = url.host === addressOf(this.#server)
    if (ours && url.pathname === '/login') {
      const form = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : url.searchParams
      return this.#logIn(phone, url, form)
    }
    if (hotspot.sessions.ofPhone(phone.macAddress)) return ours ? page('You are logged in') : internetAnswer(url)
    url.searchParams.delete('mac')
    return redirect(`${this.loginUrl(phone.macAddress)}&${new URLSearchParams({ dst: url.href })}`)
  }

  async #logIn(phone: Host, url: URL, form: URLSearchParams): Promise<ServletAnswer> {
    const username = form.get('username')
    const dst = form.get('dst') ?? ''
    if (username === null) return this.#showLogin(phone, dst)
    const result = await logInByForm(this.#parts, phone, { username, password: form.get('password') ?? '' })
    if (!result.ok) return this.#showLogin(phone, dst, result.error)
    return dst === '' ? page('You are logged in') : redirect(new URL(dst, url.origin).href)
  }

  #showLogin(phone: Host, linkOrig: string, error = ''): ServletAnswer {
    if (this.loginPage === undefined) return page(error || 'This hotspot has the login page that it came with')
    return renderServletPage(this.loginPage, {
      mac: phone.macAddress,
      ip: phone.ipAddress,
      identity: this.#parts.settings.identity.name ?? '',
      'link-login-only': this.loginUrl(phone.macAddress),
      'link-orig': linkOrig,
      error,
    })
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

const redirect = (location: string): ServletAnswer => ({ status: 302, headers: { Location: location }, body: '' })

function page(text: string, status = 200): ServletAnswer {
  const escaped = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  const body = `<!doctype html><meta charset="utf-8"><title>Hotspot</title><p>${escaped}</p>`
  return { status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body }
}
