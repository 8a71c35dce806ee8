import { type GrantRow, grantByUsername, isHalted, runningGrantsAt } from '../../src/access/grant-table.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { ensureProfile, profileName } from '../../src/routers/hotspot-profile.ts'
import { isAsWanted, readLocalUsers } from '../../src/routers/local-users.ts'
import { notDone } from '../../src/routers/router-speech.ts'
import type { RouterRow } from '../../src/routers/router-table.ts'
import type { RouterAddress } from '../../src/routers/routeros-connection.ts'
import type { Db } from '../../src/store/database.ts'
import { localUser } from '../hotspot-provisioning/local-user.ts'
import type { JobServices } from '../services.ts'

export interface UsersReconciled {
  changes: string[]
  /** Users that the router refused to set right, with its reasons. */
  refused: string[]
  /** Users that are not ours under names that are: the router never asks us about them. */
  shadowing: string[]
}

/**
 * Makes the users on a router be those of the running grants. Who should be online stays so: a user that is right is not
 * touched. A router that asks RADIUS needs none of ours: they would hide the grant from it.
 */
export async function reconcileUsers(
  services: JobServices,
  router: RouterRow,
  address: RouterAddress,
): Promise<UsersReconciled> {
  const { db, gate, clock, signal } = services
  const runs = (grant: GrantRow | undefined) => grant !== undefined && isDue(db, grant, clock.nowMs())
  const users = await readLocalUsers(gate.speak(address, signal))
  const due = router.accessMode === 'local' ? runningGrantsAt(db, router.id).filter(runs) : []
  const wanted = new Map(due.map((grant) => [grant.username, grant]))
  const stale = users.filter((user) => user.isOurs && !wanted.has(user.name))
  // One of ours counts before one of the same name on a single server.
  const standing = new Map(
    users.toSorted((a, b) => Number(a.isOurs) - Number(b.isOurs)).map((user) => [user.name, user]),
  )
  const writing = due.flatMap((grant) => {
    const [user, aim] = [standing.get(grant.username), localUser(db, grant, router.id, clock.nowMs())]
    return user && (!user.isOurs || isAsWanted(user, aim)) ? [] : [aim]
  })

  const changes: string[] = []
  const refused: string[] = []
  /** Whether it was done. What the router would not do is named, and keeps no other user from being set right. */
  const isDone = (name: string, answer: { outcome: string; message?: string; error?: Error }): boolean => {
    if (answer.error) throw answer.error
    if (answer.outcome === 'refused') refused.push(`${name}: ${answer.message}`)
    return answer.outcome !== 'refused'
  }
  // Each once, before the users that need them.
  for (const [name, terms] of new Map(due.map((grant) => [profileName(grant), grant]))) {
    const answer = await ensureProfile(gate.speak(address, signal), terms).catch(notDone)
    if (isDone(`profile ${name}`, answer) && answer.outcome === 'corrected')
      changes.push(`set the profile ${name} right`)
  }
  await Promise.all([
    ...stale.map(async ({ name }) => {
      if (!isDone(name, await gate.removeUser(address, name, signal))) return
      if (router.accessMode === 'radius' && runs(grantByUsername(db, name))) {
        // Whoever is online with it has paid; from the next login on RADIUS is asked.
        changes.push(`removed the user ${name}, who is known by RADIUS now`)
        return
      }
      changes.push(`removed the user ${name}, whose time is over or stands still`)
      isDone(name, await gate.kick(address, { username: name }, signal))
    }),
    ...writing.map(async (user) => {
      const { username } = user
      if (isDone(username, await gate.ensureUser(address, user, signal))) changes.push(`wrote the user ${username}`)
    }),
  ])
  const shadowing = users.filter(({ name, isOurs }) => !isOurs && grantByUsername(db, name) !== undefined)
  return { changes, refused, shadowing: shadowing.map(({ name }) => name) }
}

const isDue = (db: Db, grant: GrantRow, nowMs: number) => !isHalted(grant) && leftOf(db, grant, nowMs).seconds > 0
