import { isAtLeast } from '../routeros-release.ts'
import type { RouterFindings } from './router-probe.ts'

/** What a person has to do so that the router can be used; `command` is for the router's own terminal. */
export interface Advice {
  code:
    | 'upgrade'
    | 'device-mode'
    | 'hotspot-package'
    | 'no-rights'
    | 'password'
    | 'certificate'
    | 'unreachable'
    | 'run-script'
    | 'hotspot'
  text: string
  command?: string
}

/** The oldest release that is known to work. */
const OLDEST = { major: 6, minor: 49 }

const DEVICE_MODE = '/system device-mode update hotspot=yes fetch=yes'
const BUTTON =
  "Run the command, then within 5 minutes press the router's reset or mode button briefly, or cut its power and connect it again."

/** For a router that cannot tell us of its device-mode yet: with "home" it can neither fetch our script nor call home. */
export const FACTORY: Advice = {
  code: 'device-mode',
  text: `Where the line is answered with "not allowed by device-mode", as by small routers from the factory: ${BUTTON.replace('Run', 'run')} Then paste the line again.`,
  command: DEVICE_MODE,
}

/** In the order in which it has to be done; empty when nothing stands in the way. */
export function adviceFor(findings: RouterFindings): Advice[] {
  const { version, deviceMode, packages, hotspots } = findings
  const advice: Advice[] = []
  if (version !== null && !isAtLeast(version, OLDEST.major, OLDEST.minor)) {
    advice.push({
      code: 'upgrade',
      text: `RouterOS ${version} is too old; ${OLDEST.major}.${OLDEST.minor} or newer is needed. The router downloads it and starts anew.`,
      command: '/system package update install',
    })
  }
  if (deviceMode && !(deviceMode.hotspot && deviceMode.fetch)) {
    advice.push({
      code: 'device-mode',
      text: `The router's device-mode is "${deviceMode.mode}", which forbids ${forbidden(deviceMode)}. ${BUTTON}`,
      command: DEVICE_MODE,
    })
  }
  const hotspotPackage = packages.find(({ name }) => name === 'hotspot')
  if (hotspotPackage?.disabled) {
    advice.push({
      code: 'hotspot-package',
      text: 'The package "hotspot" is switched off. Run the command; the router starts anew.',
      command: '/system package enable hotspot; /system reboot',
    })
  } else if (hotspots === null) {
    advice.push({
      code: 'hotspot-package',
      text: `The package "hotspot" is missing. Put hotspot-${plain(version)}-${findings.architecture ?? 'your-architecture'}.npk from mikrotik.com/download (all packages) into the router's Files, then start it anew.`,
      command: '/system reboot',
    })
  }
  const forbiddenServer = hotspots?.find(({ invalid, disabled }) => invalid && !disabled)
  if (forbiddenServer && !advice.some(({ code }) => code === 'device-mode')) {
    advice.push({
      code: 'hotspot',
      text: `The hotspot "${forbiddenServer.name}" does not run: its interface ${forbiddenServer.interface} or its device-mode does not allow it.`,
      command: '/ip hotspot print detail',
    })
  }
  return advice
}

/** Why a router could not be got to know, as something to do. */
export function adviceForFailure({ kind, message }: { kind: string; message: string }, apiPort: number): Advice[] {
  if (kind === 'auth') {
    return [
      {
        code: 'password',
        text: 'The router does not take our user name and password. Run its connectivity script (again): mlango router script ID.',
      },
    ]
  }
  if (kind === 'trap') {
    return [
      {
        code: 'no-rights',
        text: `The router's user may not do what is needed (${message}). Run its connectivity script again: mlango router script ID.`,
      },
    ]
  }
  if (/certificate/i.test(message)) {
    return [
      {
        code: 'certificate',
        text: 'The router shows another certificate than the one that was pinned: it was given a new one, or something else answers at its address. If it was, send PATCH /api/routers/ID {"certificate": null}; the next one that it shows is believed.',
        command: '/certificate print detail where name=mlango-api',
      },
    ]
  }
  return [
    {
      code: 'unreachable',
      text: `The router cannot be reached: ${message}. See that it has power, that this address is its own, that the API service is on at port ${apiPort}, and that its firewall lets this box in.`,
      command: '/ip service print where name~"api"',
    },
  ]
}

function forbidden({ hotspot, fetch }: { hotspot: boolean; fetch: boolean }): string {
  return [...(hotspot ? [] : ['the hotspot']), ...(fetch ? [] : ['fetch'])].join(' and ')
}

const plain = (version: string | null) => version?.split(' ')[0] ?? 'VERSION'
