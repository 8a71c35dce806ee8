import type { ConnectivityInput } from './connectivity-input.ts'
import { applianceInto, ensureRow, OURS } from './connectivity-rows.ts'
import { quoted, since, step, stepIf } from './routeros-text.ts'
import { TIME_SERVERS } from './time-servers.ts'

// Variables are never named like a property: `[find name=$name]` would compare each row with itself. Paths have blanks,
// for RouterOS 6. There are no row numbers in scripts, and `get` wants exactly one row.

const GROUP = 'mlango'
const CERTIFICATE = 'mlango-api'

/** New small routers forbid the hotspot and fetch until somebody has pressed their button. */
export function deviceMode(): string[] {
  const lacks = (feature: string) => `([/system device-mode get ${feature}] != true)`
  return stepIf(since(7, 17), 'device-mode', [
    `:if (${lacks('hotspot')} || ${lacks('fetch')}) do={`,
    '  :put "Run: /system device-mode update hotspot=yes fetch=yes"',
    '  :put "then press the button of the router (or cut its power) within 5 minutes, and run this script again."',
    '  :error "not allowed by device-mode"',
    '}',
  ])
}

/** A router forgets the time when its power goes, and needs it for certificates. One that asks somebody is left alone. */
export function networkTime(): string[] {
  const client = (named: string, ...others: string[]) => [
    `:local asked [:tostr [/system ntp client get ${named}]]`,
    ...others,
    `:if ([:len $asked] = 0) do={ /system ntp client set ${named}=${quoted(TIME_SERVERS)} }`,
    '/system ntp client set enabled=yes',
  ]
  const byAddress = [
    ':local numbered [:tostr [/system ntp client get primary-ntp]]',
    ':if ($numbered != "0.0.0.0") do={ :set asked $numbered }',
  ]
  return [
    ...stepIf(`(!${since(7, 0)})`, 'ntp', client('server-dns-names', ...byAddress)),
    ...stepIf(since(7, 0), 'ntp', client('servers')),
  ]
}

/** The least that does the job; policies are named one by one, for each release knows others. */
export function group(): string[] {
  const policy = 'policy=api,read,write,test'
  return step('group', [
    `:local own [/user group find name=${quoted(GROUP)}]`,
    ':if ([:len $own] = 0) do={',
    `  /user group add name=${quoted(GROUP)} ${policy}`,
    '} else={',
    `  /user group set $own ${policy}`,
    '}',
  ])
}

/** Only from the appliance's address. An account that is not ours is left alone, or an operator could lock himself out. */
export function user(input: ConnectivityInput): string[] {
  const name = quoted(input.apiUsername)
  const properties = `group=${quoted(GROUP)} password=${quoted(input.apiPassword)} address=$prefix disabled=no`
  return step('user', [
    ...applianceInto(input),
    `:local own [/user find name=${name}]`,
    ':if ([:len $own] = 0) do={',
    `  /user add name=${name} comment=${quoted(OURS.user)} ${properties}`,
    '} else={',
    `  :if ([/user get $own comment] != ${quoted(OURS.user)}) do={`,
    `    :put ${quoted(`The user ${input.apiUsername} is not ours and is left alone. Register the router with another.`)}`,
    '    :error "not our user"',
    '  }',
    `  /user set $own ${properties}`,
    '}',
  ])
}

/** Time-out and ports are said, for their defaults differ by release. */
export function radius(input: ConnectivityInput): string[] {
  const { radiusSecret, radiusAuthPort, radiusAcctPort, coaPort } = input
  const ports = `authentication-port=${radiusAuthPort} accounting-port=${radiusAcctPort}`
  return [
    ...step('radius', [
      ...applianceInto(input),
      ...ensureRow(
        '/radius',
        OURS.radius,
        `service=hotspot,ppp address=$appliance secret=${quoted(radiusSecret)} ${ports} timeout=3s`,
      ),
      `/radius enable [/radius find comment=${quoted(OURS.radius)}]`,
      `/radius incoming set accept=yes port=${coaPort}`,
    ]),
    ...stepIf(since(7, 15), 'radius-message-auth', [
      `/radius set [/radius find comment=${quoted(OURS.radius)}] require-message-auth=yes-for-request-resp`,
    ]),
  ]
}

/** The appliance may reach the router itself: its API, and RADIUS disconnects. In front of every rule that is not the router's own. */
export function firewall(input: ConnectivityInput): string[] {
  const menu = '/ip firewall filter'
  return step('firewall', [
    ...applianceInto(input),
    ...ensureRow(menu, OURS.appliance, 'disabled=no chain=input action=accept src-address=$appliance'),
    `:local ruleId [:pick [${menu} find comment=${quoted(OURS.appliance)}] 0]`,
    `:local firstId [:pick [${menu} find chain="input" dynamic=no] 0]`,
    `:if ($ruleId != $firstId) do={ ${menu} move numbers=$ruleId destination=$firstId }`,
  ])
}

/** Without one a RouterOS offers only anonymous TLS. Making the key takes a slow router a while. */
export function certificate(): string[] {
  const ours = `name=${quoted(CERTIFICATE)}`
  return step('certificate', [
    `:if ([:len [/certificate find ${ours}]] = 0) do={`,
    `  /certificate add ${ours} common-name=${quoted(CERTIFICATE)} key-size=2048 days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server`,
    `  /certificate sign ${quoted(CERTIFICATE)}`,
    '  :local waited 0',
    `  :while (([:len [/certificate find ${ours} private-key=yes]] = 0) && ($waited < 60)) do={`,
    '    :delay 1s',
    '    :set waited ($waited + 1)',
    '  }',
    '}',
  ])
}

/** From 7.19 each open connection is a row of the same name that cannot be set; 7.24 gives the address list another name. */
export function apiService(input: ConnectivityInput): string[] {
  const { apiTls, apiPort } = input
  const name = quoted(apiTls ? 'api-ssl' : 'api')
  const properties = `disabled=no port=${apiPort}${apiTls ? ` certificate=${quoted(CERTIFICATE)}` : ''}`
  const set = (rows: string, allowed: string) => [
    ...applianceInto(input),
    `/ip service set [/ip service find name=${name}${rows}] ${properties} ${allowed}=$prefix`,
  ]
  return [
    ...stepIf(`(!${since(7, 19)})`, 'service', set('', 'address')),
    ...stepIf(`(${since(7, 19)} && (!${since(7, 24)}))`, 'service', set(' dynamic=no', 'address')),
    ...stepIf(since(7, 24), 'service', set(' dynamic=no', 'available-from')),
  ]
}
