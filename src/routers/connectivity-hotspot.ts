import { isIPv4 } from 'node:net'
import type { ConnectivityInput } from './connectivity-input.ts'
import { applianceInto, bare, ensureRow, OURS } from './connectivity-rows.ts'
import { fetchCommand, quoted, step } from './routeros-text.ts'

/** The hotspot that provisioning builds. */
const OWN_HOTSPOT = 'mlango'

export function hotspot(input: ConnectivityInput): string[] {
  const { accessMode, interimIntervalSeconds, routerId, useHotspots } = input
  const radius =
    accessMode === 'local'
      ? 'use-radius=no'
      : `use-radius=yes radius-accounting=yes radius-interim-update=${interimIntervalSeconds}s`
  const sentences = {
    none: 'There is no hotspot yet. Run: /ip hotspot setup',
    several: `There are several hotspots and none was changed. Say on the box which to use: mlango router provision ${routerId} --use NAME,NAME`,
    missing:
      'None of the hotspots that are to be used is there. It is said on the box which: mlango router provision ID --use NAME',
  }
  return step('hotspot', [
    ...countedServers(),
    ...(useHotspots
      ? []
      : [
          ...saysWhen('($count = 0)', sentences.none, 'no hotspot'),
          ...saysWhen('(($others > 1) && ($others = $count))', sentences.several, 'several hotspots'),
        ]),
    ':local used 0',
    ...eachUsed(input, 'profileName', [
      `/ip hotspot profile set $profileId ${radius} login-by=mac-cookie,http-chap,http-pap`,
      ':set used ($used + 1)',
    ]),
    ...(useHotspots && useHotspots.length > 0 ? saysWhen('($used = 0)', sentences.missing, 'no such hotspot') : []),
  ])
}

/** The page by which the router sends phones to the portal, into whatever directory its hotspot reads. */
export function loginPage(input: ConnectivityInput): string[] {
  const page = fetchCommand(`${input.portalUrl}/hotspot/login.html?router=${input.routerId}`)
  return step('login-page', [
    ...countedServers(),
    ...eachUsed(input, 'directory', [`${page} dst-path=($directory . "/login.html")`]),
  ])
}

/** How many hotspots run, and how many of them we have not built. */
const countedServers = (): string[] => [
  ':local count [:len [/ip hotspot find disabled=no]]',
  `:local others [:len [/ip hotspot find disabled=no name!=${quoted(OWN_HOTSPOT)}]]`,
]

const saysWhen = (condition: string, sentence: string, error: string): string[] => [
  `:if ${condition} do={`,
  `  :put ${quoted(sentence)}`,
  `  :error ${quoted(error)}`,
  '}',
]

/**
 * For each hotspot that is used: the same that provisioning means. What it shares with one that is not used stays as it is.
 */
function eachUsed({ useHotspots }: ConnectivityInput, own: 'profileName' | 'directory', lines: string[]): string[] {
  const isUsed = (name: string) => {
    const named = (useHotspots ?? []).map((used) => ` || (${name} = ${quoted(used)})`).join('')
    return `((${name} = ${quoted(OWN_HOTSPOT)})${useHotspots ? named : ' || ($others = 1)'})`
  }
  const of = (server: string) => [
    `:local profileName [/ip hotspot get ${server} profile]`,
    ':local profileId [/ip hotspot profile find name=$profileName]',
    ':local directory [/ip hotspot profile get $profileId html-directory]',
    ':local instead [/ip hotspot profile get $profileId html-directory-override]',
    ':if ([:len $instead] > 0) do={ :set directory $instead }',
  ]
  return [
    ':local kept ""',
    ':foreach oneServer in=[/ip hotspot find disabled=no] do={',
    '  :local serverName [/ip hotspot get $oneServer name]',
    `  :if (!${isUsed('$serverName')}) do={`,
    ...of('$oneServer').map((line) => `    ${line}`),
    `    :set kept ($kept . "," . $${own} . ",")`,
    '  }',
    '}',
    ':local shared false',
    ':foreach oneServer in=[/ip hotspot find disabled=no] do={',
    '  :local serverName [/ip hotspot get $oneServer name]',
    `  :if ${isUsed('$serverName')} do={`,
    ...of('$oneServer').map((line) => `    ${line}`),
    `    :if ([:typeof [:find $kept ("," . $${own} . ",")]] = "num") do={`,
    '      :put ($serverName . " shares its profile or its pages with a hotspot that is not to be used: it was left alone.")',
    '      :set shared true',
    '    } else={',
    ...lines.map((line) => `      ${line}`),
    '    }',
    '  }',
    '}',
    ':if ($shared) do={ :error "shared with another hotspot" }',
  ]
}

/** What a phone may reach before it is in: the appliance and the portal. */
export function walledGarden(input: ConnectivityInput): string[] {
  const [addresses, hosts] = ['/ip hotspot walled-garden ip', '/ip hotspot walled-garden']
  const host = bare(new URL(input.portalUrl).hostname)
  const portalHost = `dst-host=${quoted(host)}`
  const portalAddress = isIPv4(host) ? `dst-address=${host}` : portalHost
  const rows = [
    ...ensureRow(addresses, OURS.appliance, 'disabled=no action=accept dst-address=$appliance'),
    ...ensureRow(addresses, OURS.portal, `disabled=no action=accept ${portalAddress}`),
    ...ensureRow(hosts, OURS.portal, `disabled=no action=allow ${portalHost}`),
  ]
  if (input.useHotspots) return step('walled-garden', [...applianceInto(input), ...rows])
  return step('walled-garden', [
    ...applianceInto(input),
    ...countedServers(),
    // Nobody has said which of several is meant.
    ':if (($others < 2) || ($others != $count)) do={',
    ...rows.map((line) => `  ${line}`),
    '}',
  ])
}
