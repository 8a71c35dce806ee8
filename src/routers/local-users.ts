import { grantIdIn, isOurComment } from './hotspot-user.ts'
import type { RouterSpeech } from './router-speech.ts'
import { print } from './router-words.ts'
import type { Row } from './routeros-patches.ts'

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

/** What the router has counted for the users that stand for grants. Rejects with a RouterError. */
export async function readLocalCounts(
  router: RouterSpeech,
): Promise<{ grantId: string; userBytes: number; onlineBytes: number | null }[]> {
  const counters = ['bytes-in', 'bytes-out']
  const [users, sessions] = await Promise.all([
    router.look(print('/ip/hotspot/user', ['name', 'comment', ...counters])),
    router.look(print('/ip/hotspot/active', ['user', 'radius', ...counters])),
  ])
  const online = new Map<string, number>()
  for (const session of sessions) {
    if (session.radius !== 'true')
      online.set(session.user ?? '', (online.get(session.user ?? '') ?? 0) + bytesOf(session))
  }
  return users.flatMap((user) => {
    const grantId = grantIdIn(user.comment)
    if (grantId === undefined) return []
    return [{ grantId, userBytes: bytesOf(user), onlineBytes: online.get(user.name ?? '') ?? null }]
  })
}

const bytesOf = (row: Row): number => Number(row['bytes-in'] ?? 0) + Number(row['bytes-out'] ?? 0)
