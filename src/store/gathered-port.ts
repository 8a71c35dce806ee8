import { asError } from '../errors.ts'

export interface Gathered<Message> {
  send(message: Message): void
  /** Sends what waits now: the port is about to be closed. */
  flush(): void
}

/** More does not make a message cheaper, and whoever gets it can begin. */
const MOST_TOGETHER = 128

/**
 * Sends together what comes until `soon`: a message between threads costs more than what is in it. What cannot be cloned must not
 * keep the others: then each goes alone, and `refused` is told of the one that cannot.
 */
export function gather<Message>(
  post: (messages: Message[]) => void,
  refused: (message: Message, error: Error) => void,
  { soon = process.nextTick as (flush: () => void) => unknown } = {},
): Gathered<Message> {
  let waiting: Message[] = []

  function flush(): void {
    const messages = waiting
    waiting = []
    if (messages.length === 0) return
    try {
      post(messages)
    } catch {
      for (const message of messages) alone(message)
    }
  }

  function alone(message: Message): void {
    try {
      post([message])
    } catch (thrown) {
      refused(message, asError(thrown))
    }
  }

  return {
    send(message) {
      const together = waiting.push(message)
      if (together === 1) soon(flush)
      else if (together >= MOST_TOGETHER) flush()
    },
    flush,
  }
}
