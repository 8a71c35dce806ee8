import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { asError } from '../../errors.ts'
import { addressOf, listen, portOf } from '../listening.ts'
import type { Host } from './hotspot/hosts.ts'
import type { Hotspot } from './hotspot/hotspot.ts'
import { logInByForm } from './hotspot/login-form.ts'
import { normaliseMac } from './mac-address.ts'
import type { RouterSettings } from './router-settings.ts'

type Page = { status: number; text: string } | { redirect: string }

interface WebParts {
  hotspot: Hotspot
  settings: RouterSettings
  /** Of the external portal, to which the router's login page sends every phone. */
  portalUrl: () => string | undefined
}

/**
 * The hotspot's own web server: any page leads to the portal until the phone is in, and `/login` lets it in (PAP).
 * The phone is the one named by `mac` in the query, else the one that has the address the request came from.
 */
export class HotspotWeb {
  readonly #parts: WebParts
  readonly #server = createServer((request, response) => void this.#serve(request, response))

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
    const page = await this.#answer(request).catch((thrown) => ({ status: 400, text: asError(thrown).message }))
    if ('redirect' in page) response.writeHead(302, { Location: page.redirect, 'Content-Length': 0 }).end()
    else response.writeHead(page.status, { 'Content-Type': 'text/html; charset=utf-8' }).end(html(page.text))
  }

  async #answer(request: IncomingMessage): Promise<Page> {
    const { hotspot } = this.#parts
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    const mac = normaliseMac(url.searchParams.get('mac') ?? '')
    const phone = mac ? hotspot.hosts.find(mac) : hotspot.hosts.at(request.socket.remoteAddress ?? '')
    if (!phone) return { status: 404, text: 'This device is not on the WiFi' }

    if (url.pathname === '/login') {
      const form = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : url.searchParams
      return this.#logIn(phone, url, form)
    }
    if (hotspot.sessions.ofPhone(phone.macAddress)) return { status: 200, text: 'You are logged in' }
    url.searchParams.delete('mac')
    return this.#loginPage(phone, url.href)
  }

  async #logIn(phone: Host, url: URL, form: URLSearchParams): Promise<Page> {
    const username = form.get('username')
    const dst = form.get('dst') ?? ''
    if (username === null) return this.#loginPage(phone, dst)
    const result = await logInByForm(this.#parts, phone, { username, password: form.get('password') ?? '' })
    if (!result.ok) return this.#loginPage(phone, dst, result.error)
    return dst === '' ? { status: 200, text: 'You are logged in' } : { redirect: new URL(dst, url.origin).href }
  }

  /** The login.html of an external portal: it shows nothing but sends the phone on, with what the portal must know. */
  #loginPage(phone: Host, linkOrig: string, error?: string): Page {
    const portalUrl = this.#parts.portalUrl()
    if (portalUrl === undefined) return { status: 200, text: error ?? 'This hotspot has no portal' }
    const target = new URL(portalUrl)
    const variables = {
      mac: phone.macAddress,
      ip: phone.ipAddress,
      'link-login-only': this.loginUrl(phone.macAddress),
      'link-orig': linkOrig,
      ...(error !== undefined && { error }),
    }
    for (const [name, value] of Object.entries(variables)) target.searchParams.set(name, value)
    return { redirect: target.href }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function html(text: string): string {
  const escaped = text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `<!doctype html><meta charset="utf-8"><title>Hotspot</title><p>${escaped}</p>`
}
