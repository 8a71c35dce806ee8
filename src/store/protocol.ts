/** What travels between the threads. Everything must survive a structured clone. */

/** Proof that the sender still owns the job it works for; see the queue's epochs. */
export interface Fence {
  jobId: number
  epoch: number
}

/** So many callers that wait for the store at once are a crowd. */
export const CROWD = 32

/** Who asked, and what the audit is to say of it in the commit of the command. Never a secret in `subject`. */
export interface AuditNote {
  actor: string
  action: string
  subject: string
  /** The command's outcomes that refuse: nothing happened then, and nothing is written down. */
  unless?: readonly unknown[]
  /** Where in the command's value stands what ends the subject: `row.id`; `''` is the value itself. */
  made?: string
}

export interface CommandRequest {
  kind: 'command'
  requestId: number
  name: string
  input: unknown
  fence?: Fence
  audit?: AuditNote
  /** The sender waits for a crowd of answers. */
  crowded?: true
}

export type CommandReply =
  | { kind: 'reply'; requestId: number; ok: true; value: unknown }
  | { kind: 'reply'; requestId: number; ok: false; code: string; message: string }

/** What was asked or answered in one turn of a thread travels together: a message costs more than what is in it. */
export type CommandRequests = { kind: 'commands'; requests: CommandRequest[] }
export type CommandReplies = { kind: 'replies'; replies: CommandReply[] }

/** What a thread does with a message the store sends that is not a reply. */
export type StoreNotice = { kind: string }
