import type { Door } from './phones-at-door.ts'
import { type NotDone, notDone, type RouterSpeech } from './router-speech.ts'
import { print } from './router-words.ts'

export type DeviceAtOutcome = { outcome: 'found'; macAddress: string } | { outcome: 'not-here' } | NotDone

/**
 * Which device of the hotspot has this address; one that brought its own is seen by the other that the router lends it. One
 * whose row we took away a moment ago is still that device.
 */
export async function deviceAt(router: RouterSpeech, address: string, door: Door): Promise<DeviceAtOutcome> {
  try {
    const either = [`address=${address}`, `to-address=${address}`, '#|']
    const hosts = await router.look(print('/ip/hotspot/host', ['mac-address', 'address', 'to-address'], ...either))
    const [host] = hosts
    const macAddress = host ? host['mac-address'] : door.forgottenAt(address)
    return macAddress === undefined || hosts.length > 1 ? { outcome: 'not-here' } : { outcome: 'found', macAddress }
  } catch (thrown) {
    return notDone(thrown)
  }
}
