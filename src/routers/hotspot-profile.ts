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

/** Makes the profile if it is not there. Rejects with a RouterError. */
export async function ensureProfile(router: RouterSpeech, terms: UserTerms): Promise<string> {
  const name = profileName(terms)
  const { downKbps, upKbps, deviceLimit } = terms
  // As the router sees it: what it receives is the customer's upload. 0 is no limit.
  const speed = (kbps: number | null) => (kbps === null ? '0' : `${kbps}k`)
  const isLimited = downKbps !== null || upKbps !== null
  const wanted = {
    name,
    'shared-users': String(deviceLimit),
    ...(isLimited && { 'rate-limit': `${speed(upKbps)}/${speed(downKbps)}` }),
  }
  for (let tries = 1; ; tries += 1) {
    const [row] = await router.look(print(PROFILE, ['name', 'shared-users'], `name=${name}`))
    if (row) return name
    try {
      await router.tell(order(`${PROFILE}/add`, wanted))
      return name
    } catch (thrown) {
      // Another user of the same package came first.
      if (tries > 1 || !trapSays(thrown, 'profile with the same name')) throw thrown
    }
  }
}
