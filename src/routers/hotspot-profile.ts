import { trapSays } from './router-error.ts'
import type { RouterSpeech } from './router-speech.ts'
import { order, print } from './router-words.ts'

/** What a package allows, for a router that does not ask RADIUS. Speeds in kbit/s; null = no limit. */
export interface UserTerms {
  downKbps: number | null
  upKbps: number | null
  deviceLimit: number
}

const PROFILE = '/ip/hotspot/user/profile'

/** The name says everything that the profile is, so that one of the name is one of the kind. */
export function profileName({ downKbps, upKbps, deviceLimit }: UserTerms): string {
  return `mlango-${downKbps ?? 'any'}-${upKbps ?? 'any'}-${deviceLimit}`
}

/** Makes the profile be there and be what its name says; whoever is online has the new speed from the next login on. Rejects with a RouterError. */
export async function ensureProfile(
  router: RouterSpeech,
  terms: UserTerms,
): Promise<{ outcome: 'as-wanted' | 'made' | 'corrected' }> {
  const name = profileName(terms)
  const { downKbps, upKbps, deviceLimit } = terms
  // As the router sees it: what it receives is the customer's upload. 0 is no limit.
  const speed = (kbps: number | null) => (kbps === null ? '0' : `${kbps}k`)
  const rateLimit = `${speed(upKbps)}/${speed(downKbps)}`
  const isLimited = downKbps !== null || upKbps !== null
  const wanted = { name, 'shared-users': String(deviceLimit), ...(isLimited && { 'rate-limit': rateLimit }) }
  for (let tries = 1; ; tries += 1) {
    const [row] = await router.look(print(PROFILE, ['name', 'shared-users', 'rate-limit'], `name=${name}`))
    if (row) {
      const isRight = row['shared-users'] === wanted['shared-users'] && isSameRate(row['rate-limit'], rateLimit)
      if (isRight) return { outcome: 'as-wanted' }
      // A limit that stood there goes by 0/0: an empty value is ambiguous to RouterOS.
      const right = { 'shared-users': wanted['shared-users'], 'rate-limit': rateLimit }
      await router.tell(order(`${PROFILE}/set`, { '.id': row['.id'], ...right }))
      return { outcome: 'corrected' }
    }
    try {
      await router.tell(order(`${PROFILE}/add`, wanted))
      return { outcome: 'made' }
    } catch (thrown) {
      // Another user of the same package came first.
      if (tries > 1 || !trapSays(thrown, 'profile with the same name')) throw thrown
    }
  }
}

/** RouterOS may say `2M` for `2000k`, and nothing for no limit. */
function isSameRate(shown: string | undefined, wanted: string): boolean {
  return inBits(shown || '0/0') === inBits(wanted)
}

const FACTOR = { k: 1e3, M: 1e6, G: 1e9 }

const inBits = (rate: string): string =>
  rate.replace(/([\d.]+)([kMG])/g, (_, number: string, unit: keyof typeof FACTOR) =>
    String(Math.round(Number(number) * FACTOR[unit])),
  )
