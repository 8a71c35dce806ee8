import type { OnceResult } from '../src/access/message-once.ts'
import { done, effect, type JobOutcome, offline, unanswered } from '../src/flow/job-outcome.ts'
import type { SmsProvider } from '../src/sms/sms-provider.ts'
import type { NamedCommand } from '../src/store/client.ts'
import type { JobServices } from './services.ts'

/**
 * Sends a text that must not arrive twice: whatever becomes of the gateway's answer, it does not go out again, except when it
 * has certainly not left. What came of it is written by `command`.
 */
export async function sendOnce<Input>(
  { store, signal }: JobServices,
  sms: SmsProvider,
  { phoneNumber, text }: { phoneNumber: string; text: string },
  command: NamedCommand<Input, unknown>,
  inputOf: (result: OnceResult) => Input,
): Promise<JobOutcome> {
  const answer = await sms.send({ to: `+${phoneNumber}`, text, signal })
  switch (answer.outcome) {
    case 'accepted':
      return done(effect(command, inputOf(answer)))
    case 'refused':
      return done(effect(command, inputOf({ outcome: 'refused', detail: answer.detail })))
    case 'lost':
      return unanswered(
        done(effect(command, inputOf({ outcome: 'lost', detail: answer.detail }))),
        'the SMS gateway does not answer',
      )
    case 'busy':
    case 'unsent':
      await store.run(command, inputOf({ outcome: 'unsent' }))
      return offline('the SMS gateway cannot be reached')
  }
}
