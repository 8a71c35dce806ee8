import { lookIfThere } from './absent-menu.ts'
import type { Door } from './phones-at-door.ts'
import { RouterError, trapSays } from './router-error.ts'
import { inDoubt, type RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'
import { parseDurationSeconds } from './routeros-duration.ts'
import type { Row } from './routeros-patches.ts'

const HOSTS = '/ip/hotspot/host'
const ROUNDS = 3

/** The rows of one phone: `address` is what it uses, `to-address` what the router lends it. */
export const hostsOf = async (router: RouterSpeech, macAddress: string): Promise<Row[]> =>
  (await lookIfThere(
    router,
    print(
      HOSTS,
      ['mac-address', 'address', 'to-address', 'authorized', 'bypassed', 'uptime'],
      `mac-address=${macAddress}`,
    ),
  )) ?? []

/**
 * Takes away the row of a phone that has no session any more. Who has been let in again meanwhile, or is being, keeps it: its session
 * would go with it. Should its own login come between our look and the removal, the cookie of that login lets it in with
 * its next packet.
 */
export async function forgetHost(router: RouterSpeech, macAddress: string, door: Door): Promise<void> {
  let before: Row[] = []
  const addresses = new Set<string>()
  for (let round = 1; ; round += 1) {
    const rows = (await hostsOf(router, macAddress)).filter((row) => isShutOut(row) && isNotNewer(row, before))
    if (rows.length === 0) return
    if (round > ROUNDS) throw new RouterError('trap', "the phone's host row stays when it is removed", { sent: false })
    before = rows
    for (const { address, 'to-address': lent } of rows) {
      for (const one of [address, lent]) if (one !== undefined) addresses.add(one)
    }
    for (const { '.id': id = '' } of rows) {
      if (door.isLoggingIn(macAddress)) return
      door.forgets(macAddress, [...addresses])
      try {
        await router.tell(order(`${HOSTS}/remove`, { '.id': id }))
      } catch (thrown) {
        // Gone by itself, or in doubt: the next look tells.
        if (!trapSays(thrown, 'no such item') && !inDoubt(thrown)) throw thrown
      }
    }
  }
}

const isShutOut = ({ authorized, bypassed }: Row) => authorized !== 'true' && bypassed !== 'true'

/** A row that was there before its removal, and not the one that the phone's next packet has made, perhaps under the same id. */
function isNotNewer(row: Row, before: Row[]): boolean {
  if (before.length === 0) return true
  const old = before.find(({ '.id': id }) => id === row['.id'])
  return old !== undefined && secondsOf(row) >= secondsOf(old) && row.uptime !== undefined
}

const secondsOf = ({ uptime = '' }: Row) => parseDurationSeconds(uptime) ?? 0
