import type { MessagePort } from 'node:worker_threads'
import type { Log } from '../log.ts'
import { gather } from './gathered-port.ts'
import type { CommandReplies, CommandReply, CommandRequests } from './protocol.ts'
import type { Writer } from './writer.ts'

export interface ServedPort {
  receive(message: CommandRequests): void
  /** Sends the answers that are still to go out: the port is about to be closed. */
  flush(): void
}

/** The store thread's end of a line to another thread: performs what is asked, and answers together what was committed together. */
export function servePort(port: MessagePort, writer: Writer, log: Log): ServedPort {
  const post = (replies: CommandReply[]) => port.postMessage({ kind: 'replies', replies } satisfies CommandReplies)
  const answers = gather<CommandReply>(post, ({ requestId }, error) => {
    log.error({ err: error }, 'an answer could not be sent: this is a bug')
    post([{ kind: 'reply', requestId, ok: false, code: 'internal', message: 'the answer cannot be sent' }])
  })
  return {
    receive({ requests }) {
      for (const request of requests) writer.submit(request, answers.send)
    },
    flush: answers.flush,
  }
}
