import { isIP, isIPv6 } from 'node:net'
import type { ConnectivityInput } from './connectivity-input.ts'
import { quoted } from './routeros-text.ts'

/** By these comments everything is found again. */
export const OURS = {
  user: 'mlango:api',
  radius: 'mlango:radius',
  appliance: 'mlango:appliance',
  portal: 'mlango:portal',
}

/** Makes a row found by its comment be as wanted, or adds it. */
export function ensureRow(menu: string, comment: string, properties: string): string[] {
  const found = `[${menu} find comment=${quoted(comment)}]`
  return [
    `:if ([:len ${found}] = 0) do={`,
    `  ${menu} add comment=${quoted(comment)} ${properties}`,
    '} else={',
    `  ${menu} set ${found} ${properties}`,
    '}',
  ]
}

/** Puts the appliance's address into `$appliance` and, with its length, into `$prefix`; a name is resolved by the router. */
export function applianceInto({ applianceAddress }: ConnectivityInput): string[] {
  const address = bare(applianceAddress)
  return [
    `:local appliance ${isIP(address) ? quoted(address) : `[:tostr [:resolve ${quoted(address)}]]`}`,
    `:local prefix ($appliance . "/${isIPv6(address) ? 128 : 32}")`,
  ]
}

/** Without the brackets that an IPv6 address has in a URL. */
export const bare = (host: string) => host.replace(/^\[|\]$/g, '')
