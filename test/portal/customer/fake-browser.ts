import { createContext, runInContext } from 'node:vm'
import { island } from '../../../portal/customer/island.ts'

interface FakeTimer {
  run(): void
  atMs: number
  everyMs: number | undefined
}

interface FakePage {
  /** The `data-` attributes of `<body>`. */
  body: Record<string, string>
  /** `data-at` of each text, in order; the first one is shown. */
  phases?: readonly number[]
  /** `data-after` of the form on the page. */
  formAfter?: number
  /** Browsers of 2012 have no EventSource. */
  eventSource?: boolean
}

/** Just enough of an old WebView for the island: no storage, no fetch, and time that stands still until `pass`. */
export function openFakeBrowser({ body, phases = [], formAfter, eventSource = true }: FakePage) {
  let nowMs = 1_000_000
  const timers = new Set<FakeTimer>()
  const listeners: Record<string, (event: object) => void> = {}
  const asked: { url: string; timeoutMs(): number; answer(status: number, text: string): void; fail(): void }[] = []
  const wentTo: string[] = []
  const texts = phases.map((at, index) => ({ getAttribute: () => String(at), hidden: index !== 0 }))
  const sent: number[] = []
  let form =
    formAfter === undefined
      ? null
      : {
          getAttribute: () => String(formAfter),
          removeAttribute: () => {
            form = null
          },
          submit: () => sent.push(nowMs - 1_000_000),
        }
  let stream:
    | { url: string; closed: boolean; onerror?: () => void; status?: (event: { data: string }) => void }
    | undefined

  class FakeDate {
    valueOf = (
      (atMs) => () =>
        atMs
    )(nowMs)
  }
  class FakeEventSource {
    url: string
    closed = false
    onerror?: () => void
    status?: (event: { data: string }) => void
    constructor(url: string) {
      this.url = url
      stream = this
    }
    addEventListener(type: string, listener: (event: { data: string }) => void) {
      if (type === 'status') this.status = listener
    }
    close() {
      this.closed = true
    }
  }
  class FakeRequest {
    status = 0
    responseText = ''
    timeout = 0
    onload?: () => void
    ontimeout?: () => void
    #url = ''
    open(_method: string, url: string) {
      this.#url = url
    }
    send() {
      asked.push({
        url: this.#url,
        timeoutMs: () => this.timeout,
        answer: (status, text) => {
          this.status = status
          this.responseText = text
          this.onload?.()
        },
        fail: () => this.ontimeout?.(),
      })
    }
  }
  const listen = (type: string, listener: (event: object) => void) => {
    listeners[type] = listener
  }
  const start = (run: () => void, ms: number, everyMs?: number) => {
    const timer = { run, atMs: nowMs + ms, everyMs }
    timers.add(timer)
    return timer
  }
  const document = {
    hidden: false,
    body: { getAttribute: (name: string) => body[name.replace('data-', '')] ?? null },
    addEventListener: listen,
    querySelector: () => form,
    querySelectorAll: () => texts,
  }
  const context = createContext({
    document,
    location: { href: 'http://wifi.test/w/1/t?l=en#top', replace: (url: string) => wentTo.push(url) },
    Date: FakeDate,
    XMLHttpRequest: FakeRequest,
    ...(eventSource && { EventSource: FakeEventSource }),
    addEventListener: listen,
    setTimeout: (run: () => void, ms: number) => start(run, ms),
    setInterval: (run: () => void, ms: number) => start(run, ms, ms),
  })
  // What came after ES5 is not there, so whoever uses it fails.
  runInContext('window=this;for(const n of ["Promise","Map","Set","Symbol","Proxy","Reflect"])delete this[n]', context)
  runInContext(island, context)

  return {
    document,
    asked,
    wentTo,
    /** When the form was sent, in ms since the page came. */
    sent,
    get stream() {
      return stream
    },
    /** Which of the texts can be seen. */
    shown: () => texts.flatMap(({ hidden }, index) => (hidden ? [] : [index])),
    tell: (status: object) => stream?.status?.({ data: JSON.stringify(status) }),
    happen: (type: string, event: object = {}) => listeners[type]?.(event),
    /** Lets so much time go by, timer after timer. */
    pass(ms: number) {
      const untilMs = nowMs + ms
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)
        if (!next) break
        nowMs = next.atMs
        if (next.everyMs === undefined) timers.delete(next)
        else next.atMs += next.everyMs
        next.run()
      }
      nowMs = untilMs
    },
  }
}
