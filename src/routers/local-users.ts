import { isOurComment } from './hotspot-user.ts'
import type { RouterSpeech } from './router-speech.ts'
import { print } from './router-words.ts'

/** A user that stands on a router itself. */
export interface LocalUser {
  name: string
  /** `mlango:` and the grant's id for ours. */
  comment: string | null
  isOurs: boolean
  disabled: boolean
}

/** All of them but those that RouterOS brings itself. Rejects with a RouterError. */
export async function readLocalUsers(router: RouterSpeech): Promise<LocalUser[]> {
  const rows = await router.look(print('/ip/hotspot/user', ['name', 'comment', 'disabled', 'default']))
  return rows
    .filter(({ name }) => name !== undefined && name !== 'default-trial')
    .map(({ name = '', comment, disabled }) => ({
      name,
      comment: comment ?? null,
      isOurs: isOurComment(comment),
      disabled: disabled === 'true',
    }))
}
