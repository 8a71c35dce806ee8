import type { MessagePort, Worker } from 'node:worker_threads'
import { MlangoError } from '../errors.ts'
import { inTurns } from '../in-turns.ts'
import { gather } from './gathered-port.ts'
import {
  type AuditNote,
  type CommandReplies,
  type CommandReply,
  type CommandRequest,
  type CommandRequests,
  CROWD,
  type Fence,
  type StoreNotice,
} from './protocol.ts'

/** A named change of state. The function runs in the store thread only; other threads use it as a typed name. */
export interface NamedCommand<Input, Output> {
  readonly name: string
  /** Never called through this interface; it carries the types. */
  readonly run: (context: never, input: Input) => Output
}

export interface Store {
  /** So many wait for it right now that it is told to answer them first. Left out: never. */
  readonly isCrowded?: boolean
  /**
   * Resolves with the command's value once it is on disk, and with it what the audit says of it. Rejects with a MlangoError
   * that carries the command's code.
   */
  run<Input, Output>(
    command: NamedCommand<Input, Output>,
    input: Input,
    audit?: NoInfer<AuditOf<Output>>,
  ): Promise<Output>
}

/** A note whose `unless` and `made` fit what the command answers. */
export interface AuditOf<Output> extends AuditNote {
  unless?: readonly OutcomeOf<Output>[]
  made?: PathIn<Output>
}

type OutcomeOf<Value> = Value extends string | undefined ? Value : Value extends { outcome: infer Word } ? Word : never

type PathIn<Value> = Value extends string | number ? '' : Value extends object ? NameIn<Value> : never
type NameIn<Value> = {
  [Name in keyof Value & string]: Value[Name] extends string | number
    ? Name
    : Value[Name] extends object
      ? `${Name}.${keyof Value[Name] & string}`
      : never
}[keyof Value & string]

export interface StoreClient extends Store {
  /** A store whose commands only take effect while the job is still ours. */
  fenced(fence: Fence): Store
  /** Fails what is still unanswered: the store thread is gone. */
  abandon(reason: string): void
}

/**
 * Speaks to the store thread. Messages that are not replies go to `notice`. `answersPerTurn`: one commit answers a crowd, each of
 * which then goes on with its own work; where others wait for the thread, it takes turns with them.
 */
export function connectStore<Notice extends StoreNotice>(
  port: MessagePort | Worker,
  notice: (message: Notice) => void,
  { answersPerTurn = Number.POSITIVE_INFINITY } = {},
): StoreClient {
  const unanswered = new Map<number, Asker>()
  let lastId = 0
  let gone: string | undefined

  const requests = gather<CommandRequest>(
    (together) => port.postMessage({ kind: 'commands', requests: together } satisfies CommandRequests),
    ({ requestId }, error) => settle(requestId, (asker) => asker.reject(error)),
    { soon: setImmediate },
  )

  port.on('message', (message: CommandReplies | Notice) => {
    if (!isReplies(message)) {
      notice(message)
      return
    }
    for (const reply of message.replies) answers.take(reply)
  })

  const answers = inTurns<CommandReply>(answersPerTurn, (reply) =>
    settle(reply.requestId, (asker) =>
      reply.ok ? asker.resolve(reply.value) : asker.reject(new MlangoError(reply.code, reply.message)),
    ),
  )

  function settle(requestId: number, how: (asker: Asker) => void): void {
    const asker = unanswered.get(requestId)
    unanswered.delete(requestId)
    if (asker) how(asker)
  }

  function ask<Input, Output>(
    command: NamedCommand<Input, Output>,
    input: Input,
    { fence, audit }: Pick<CommandRequest, 'fence' | 'audit'>,
  ): Promise<Output> {
    if (gone !== undefined) return Promise.reject(new MlangoError('store-gone', gone))
    const requestId = ++lastId
    return new Promise<Output>((resolve, reject) => {
      unanswered.set(requestId, { resolve: resolve as (value: unknown) => void, reject })
      requests.send({
        kind: 'command',
        requestId,
        name: command.name,
        input,
        ...(fence && { fence }),
        ...(audit && { audit }),
        ...(unanswered.size >= CROWD && { crowded: true }),
      })
    })
  }

  return {
    get isCrowded() {
      return unanswered.size >= CROWD
    },
    run: (command, input, audit) => ask(command, input, audit ? { audit } : {}),
    fenced: (fence) => ({
      run: (command, input, audit) => ask(command, input, { fence, ...(audit && { audit }) }),
    }),
    abandon(reason) {
      gone = reason
      // What has been answered was committed.
      answers.flush()
      for (const asker of unanswered.values()) asker.reject(new MlangoError('store-gone', reason))
      unanswered.clear()
    },
  }
}

interface Asker {
  resolve(value: unknown): void
  reject(error: Error): void
}

const isReplies = (message: CommandReplies | StoreNotice): message is CommandReplies => message.kind === 'replies'
