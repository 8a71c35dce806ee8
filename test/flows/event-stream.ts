/** Reads Server-Sent Events from an address until told to stop. */
export interface EventStream<Data> {
  /** The first event, seen already or still to come, for which `matches` holds. */
  when(matches: (data: Data) => boolean, timeoutMs?: number): Promise<Data>
  readonly seen: readonly Data[]
  close(): void
}

export async function openEventStream<Data>(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventStream<Data>> {
  const stop = new AbortController()
  const answer = await fetch(url, { headers, signal: stop.signal })
  if (!answer.ok || !answer.body) throw new Error(`${url} answered ${answer.status}`)
  const seen: Data[] = []
  const waiting = new Set<() => void>()
  let over = false

  const read = async (body: ReadableStream<Uint8Array>) => {
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop() ?? ''
      for (const block of blocks) {
        const data = block.split('\n').find((line) => line.startsWith('data:'))
        if (data !== undefined) seen.push(JSON.parse(data.slice(5)))
      }
      for (const look of waiting) look()
    }
  }
  const ended = () => {
    over = true
    for (const look of waiting) look()
  }
  read(answer.body).then(ended, ended)

  return {
    seen,
    when(matches, timeoutMs = 45_000) {
      return new Promise<Data>((resolve, reject) => {
        const finish = () => {
          waiting.delete(look)
          clearTimeout(timer)
        }
        const look = () => {
          const found = seen.find(matches)
          if (found !== undefined) {
            finish()
            resolve(found)
          } else if (over) {
            finish()
            reject(new Error('the stream ended'))
          }
        }
        const timer = setTimeout(() => {
          finish()
          reject(new Error(`nothing fitting within ${timeoutMs} ms; the last was ${JSON.stringify(seen.at(-1))}`))
        }, timeoutMs)
        waiting.add(look)
        look()
      })
    },
    close: () => stop.abort(),
  }
}
