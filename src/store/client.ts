import type { MessagePort, Worker } from 'node:worker_threads'
import { MlangoError } from '../errors.ts'
import type { CommandReply, CommandRequest, Fence, StoreNotice } from './protocol.ts'

/** A named change of state. The function runs in the store thread only; other threads use it as a typed name. */
export interface NamedCommand<Input, Output> {
  readonly name: string
  /** Never called through this interface; it carries the types. */
  readonly run: (context: never, input: Input) => Output
}

export interface Store {
  /** Resolves with the command's value once it is on disk. Rejects with a MlangoError that carries the command's code. */
  run<Input, Output>(command: NamedCommand<Input, Output>, input: Input): Promise<Output>
}

export interface StoreClient extends Store {
  /** A store whose commands only take effect while the job is still ours. */
  fenced(fence: Fence): Store
  /** Fails what is still unanswered: the store thread is gone. */
  abandon(reason: string): void
}

/** Speaks to the store thread. Messages that are not replies go to `notice`. */
export function connectStore<Notice extends StoreNotice>(
  port: MessagePort | Worker,
  notice: (message: Notice) => void,
): StoreClient {
  const unanswered = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let lastId = 0
  let gone: string | undefined

  port.on('message', (message: CommandReply | Notice) => {
    if (!isReply(message)) {
      notice(message)
      return
    }
    const asker = unanswered.get(message.requestId)
    unanswered.delete(message.requestId)
    if (message.ok) asker?.resolve(message.value)
    else asker?.reject(new MlangoError(message.code, message.message))
  })

  function send<Input, Output>(command: NamedCommand<Input, Output>, input: Input, fence?: Fence): Promise<Output> {
    if (gone !== undefined) return Promise.reject(new MlangoError('store-gone', gone))
    const requestId = ++lastId
    const request: CommandRequest = { kind: 'command', requestId, name: command.name, input, ...(fence && { fence }) }
    return new Promise<Output>((resolve, reject) => {
      // First, because what cannot be cloned throws here. No reply can come before this function ends.
      port.postMessage(request)
      unanswered.set(requestId, { resolve: resolve as (value: unknown) => void, reject })
    })
  }

  return {
    run: (command, input) => send(command, input),
    fenced: (fence) => ({ run: (command, input) => send(command, input, fence) }),
    abandon(reason) {
      gone = reason
      for (const asker of unanswered.values()) asker.reject(new MlangoError('store-gone', reason))
      unanswered.clear()
    },
  }
}

const isReply = (message: CommandReply | StoreNotice): message is CommandReply => message.kind === 'reply'
