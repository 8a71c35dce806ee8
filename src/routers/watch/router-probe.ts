import { lookIfThere } from '../absent-menu.ts'
import type { RouterSpeech } from '../router-speech.ts'
import { print } from '../router-words.ts'
import type { Row } from '../routeros-patches.ts'

/** What a router turned out to be. */
export interface RouterFindings {
  identity: string | null
  version: string | null
  model: string | null
  /** Null on a CHR and on x86. */
  serial: string | null
  architecture: string | null
  /** Null before 7.17, and where it is not known. */
  deviceMode: { mode: string; hotspot: boolean; fetch: boolean } | null
  packages: { name: string; version: string; disabled: boolean }[]
  /** Null: there is no hotspot menu. `invalid`: it is not allowed to run. */
  hotspots: { name: string; interface: string; disabled: boolean; invalid: boolean }[] | null
  /** By these names and addresses it shows its login form to phones. Probes of before did not look. */
  loginHosts?: string[]
}

/** Gets to know a router. Rejects with a RouterError. */
export async function probeRouter(router: RouterSpeech): Promise<RouterFindings> {
  const [[resource = {}], [identity = {}], board, mode, packages, hotspots, profiles] = await Promise.all([
    router.look(print('/system/resource', ['version', 'board-name', 'architecture-name'])),
    router.look(print('/system/identity', ['name'])),
    lookIfThere(router, print('/system/routerboard', ['model', 'serial-number'])),
    lookIfThere(router, print('/system/device-mode', ['mode', 'hotspot', 'fetch'])),
    router.look(print('/system/package', ['name', 'version', 'disabled'])),
    lookIfThere(router, print('/ip/hotspot', ['name', 'interface', 'disabled', 'invalid'])),
    lookIfThere(router, print('/ip/hotspot/profile', ['hotspot-address', 'dns-name'])),
  ])
  return {
    identity: identity.name ?? null,
    version: resource.version ?? null,
    model: board?.[0]?.model ?? resource['board-name'] ?? null,
    serial: board?.[0]?.['serial-number'] ?? null,
    architecture: resource['architecture-name'] ?? null,
    deviceMode: deviceModeOf(mode?.[0]),
    packages: packages.map((row) => ({
      name: row.name ?? '',
      version: row.version ?? '',
      disabled: isTrue(row.disabled),
    })),
    hotspots:
      hotspots?.map((row) => ({
        name: row.name ?? '',
        interface: row.interface ?? '',
        disabled: isTrue(row.disabled),
        invalid: isTrue(row.invalid),
      })) ?? null,
    loginHosts: [...new Set(profiles?.flatMap((row) => [row['dns-name'] ?? '', row['hotspot-address'] ?? '']))].filter(
      (host) => host !== '' && host !== '0.0.0.0',
    ),
  }
}

function deviceModeOf(row: Row | undefined): RouterFindings['deviceMode'] {
  if (row?.mode === undefined) return null
  // What a release does not list it does not forbid.
  const may = (value: string | undefined) => value === undefined || isTrue(value)
  return { mode: row.mode, hotspot: may(row.hotspot), fetch: may(row.fetch) }
}

const isTrue = (value: string | undefined) => value === 'true' || value === 'yes'
