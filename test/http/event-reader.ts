/** One event of a stream of Server-Sent Events. */
interface SentEvent {
  id: string | undefined
  event: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: each test says what it expects
  data: any
}

/** Reads a stream of Server-Sent Events one by one. Comments are passed over. */
export function readEvents(response: Response) {
  if (!response.body) throw new Error('there is no stream')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''

  async function next(): Promise<SentEvent> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end !== -1) {
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        if (block.startsWith(':')) continue
        const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
        return { id: fields.get('id'), event: fields.get('event'), data: JSON.parse(fields.get('data') ?? 'null') }
      }
      const { done, value } = await reader.read()
      if (done) throw new Error('the stream has ended')
      text += value
    }
  }

  return { next, close: () => reader.cancel() }
}
